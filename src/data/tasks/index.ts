/** The built-in tasks: scenes, questions, solutions, and how to read what a response says about them. */
export { FEWEST, MOST, TASKS } from './compose.ts';
export { DESCRIBE_QUESTIONS, description, sceneWords } from './describe.ts';
export { renderPng, renderScene } from './draw.ts';
export { type Fact, type ParsedResponse, parseFacts } from './facts.ts';
export {
  type DatasetOptions,
  type MakeOptions,
  makeDataset,
  makeRow,
  makeUndrawn,
  type UndrawnRow,
} from './make.ts';
export { type Question, questionText, solve } from './questions.ts';
export { type Scene, SIZES, type Size, SPLITS, type Split, signature, splitOf } from './scene.ts';
export { solution } from './solution.ts';
export { type Cause, isTrue, type Trace, trace } from './trace.ts';
export { pieces, VOCABULARY } from './vocabulary.ts';
export { writeDataset } from './write.ts';
