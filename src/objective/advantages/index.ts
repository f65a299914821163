/** The advantages that a configuration can name; a new one is a file beside this and a line here. */
import { kindSchema, memberOf } from '../../open-set.ts';
import type { Advantage } from './advantage.ts';
import { dapo } from './dapo.ts';
import { drGrpo } from './dr-grpo.ts';
import { grpo } from './grpo.ts';
import { reinforcePlusPlus } from './reinforce-plus-plus.ts';
import { remax } from './remax.ts';
import { rloo } from './rloo.ts';

export const advantages = [grpo, dapo, drGrpo, rloo, reinforcePlusPlus, remax] as const;

export const advantageSchema = kindSchema(advantages);

export const advantageOf = (settings: { kind: string }): Advantage =>
  memberOf<Advantage>(advantages, settings);
