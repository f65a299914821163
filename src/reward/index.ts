export { choiceOf, gradeChoice } from './choice.ts';
export { equalAnswers } from './equal.ts';
export { extractBoxed, formatReward, NO_ANSWER, tidyTags } from './extract.ts';
export { gradeAnswer } from './grade.ts';
export { gradeNumber, numberOf, type Tolerance } from './quantity.ts';
export {
  GRADERS,
  type Grader,
  makeReward,
  type Reward,
  type RewardConfig,
  type RewardFunction,
  type RewardInput,
} from './reward.ts';
export { loadReward, rewardFromConfig } from './userFunction.ts';
