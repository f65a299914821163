export { choiceOf, gradeChoice } from './choice.ts';
export { equalAnswers } from './equal.ts';
export { extractBoxed, NO_ANSWER } from './mathruler/boxed.ts';
export { gradeAnswer } from './mathruler/grade.ts';
export { gradeNumber, numberOf, type Tolerance } from './quantity.ts';
export { formatReward, tidyTags } from './response.ts';
export {
  GRADERS,
  type Grader,
  makeReward,
  type Reward,
  type RewardConfig,
  type RewardFunction,
  type RewardInput,
} from './reward.ts';
export { loadReward, rewardFromConfig } from './user-function.ts';
