export type { Grader, Subject } from './graders/grader.ts';
export { GRADERS, type GraderName } from './graders/index.ts';
export { extractBoxed, NO_ANSWER } from './mathruler/boxed.ts';
export { gradeAnswer } from './mathruler/grade.ts';
export { openReward } from './open.ts';
export { formatReward, tidyTags } from './response.ts';
export { makeReward, type Reward, type RewardFunction, type RewardInput } from './reward.ts';
export type { RewardConfig } from './settings.ts';
