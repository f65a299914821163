/**
 * An engine whose policy is a table of logits, one row for each (what the picture shows, place in the response).
 *
 * It suffices for testing the loop because it is a policy in every respect that the loop can see: it samples, scores any
 * view, is moved by the gradient of the very objective graph that real engines compile (run by ONNX Runtime), and what
 * it saves is all it is. Only the way from a picture to logits is trivial, and that is not the loop's affair.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../data/row.ts';
import { coefficientFeeds, GRADIENT, liveOf, objectiveProgram } from '../engine/program.ts';
import type {
  AdamW,
  Engine,
  Group,
  Prompt,
  Rollout,
  SampleOptions,
  ScoreOptions,
  StepReport,
  TrainGroup,
} from '../engine/types.ts';
import { ImageError } from '../errors.ts';
import { maskedViews } from '../mask/views.ts';
import type { ArrayName, Objective } from '../objective/types.ts';
import { random } from '../random.ts';
import type { PromptMaker } from '../rollout/prompts.ts';
import { adamW } from '../tensor/adamw.ts';
import { type Feeds, Session } from '../tensor/session.ts';
import type { PreparedImage } from '../vision/processor.ts';

export const WORDS = ['<think>look</think> ', '\\boxed{', '0', '1', '2', '3', '}', 'hm ', ''];
const END = WORDS.length - 1;
const V = WORDS.length;
/** Places in a response. */
export const LENGTH = 6;
/** Pictures show 1 to 4, or 0: nothing, as when they are masked. */
const SHOWN = 5;
const FORM = [0, 1, -1, 6, END, END];

/** Rows whose answer is a function of the one thing that their picture shows. */
export function fakeRows(count: number, from = 0): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const shown = 1 + (i % 4);
    return {
      id: `row-${from + i}`,
      problem: '<image>Which?',
      images: [Uint8Array.of(shown)],
      answer: String((shown * 3) % 4),
      extra: { category: shown > 2 ? 'large' : 'small' },
    };
  });
}

/** A picture of one square whose grey level is what it shows; 255 stands for a broken file. */
function picture(bytes: Uint8Array, id: string): PreparedImage {
  if (bytes[0] === 255) throw new ImageError(`row ${id}, image 1: broken; replace it`);
  const rgb = { width: 1, height: 1, data: new Uint8Array(3).fill(bytes[0]) };
  return { gridThw: [1, 1, 1], pixelValues_NC: new Float32Array(1), rgb };
}

export const fakeMaker: PromptMaker = {
  async make(row, views, key) {
    const original = row.images.map((bytes) => picture(bytes, row.id));
    const prepared: Prompt['views'] = { original };
    let unchanged = 0;
    for (const [view, mask] of Object.entries(views)) {
      const made = await maskedViews(
        original.map((p) => p.rgb),
        mask,
        [...key, view],
      );
      prepared[view] = made.images.map((rgb, i) => ({ ...original[i], rgb }));
      unchanged += made.unchanged;
    }
    return { row, prompt: { id: row.id, ids_L: Int32Array.of(1, 2, 3), views: prepared }, unchanged };
  },
  text: (tokens_T) => Array.from(tokens_T, (id) => WORDS[id]).join(''),
};

type Compiled = { session: Session; names: string[] };

export class FakeEngine implements Engine {
  readonly description = 'a table';
  /** Called before each verb; a test may throw or abort here. */
  before: (verb: string) => void = () => {};
  readonly table = new Float32Array(SHOWN * LENGTH * V);
  private readonly reference: Float32Array;
  private readonly gradient = new Float32Array(this.table.length);
  private readonly moment1 = new Float32Array(this.table.length);
  private readonly moment2 = new Float32Array(this.table.length);
  private steps = 0;
  private readonly compiled = new Map<string, Promise<Compiled>>();

  constructor() {
    FORM.forEach((id, t) => {
      for (let s = 0; s < SHOWN; s++)
        if (id >= 0) this.table[(s * LENGTH + t) * V + id] = 4;
        else for (let d = 2; d < 6; d++) this.table[(s * LENGTH + t) * V + d] = 4;
    });
    this.reference = this.table.slice();
  }

  async sample(prompts_P: Prompt[], options: SampleOptions): Promise<Rollout[][]> {
    this.before('sample');
    const { samples, maxTokens, temperature, seed, view = 'original' } = options;
    return prompts_P.map((prompt, p) =>
      Array.from({ length: samples }, (_, g): Rollout => {
        const rng = random(seed, 'fake', p, g);
        const tokens: number[] = [];
        const logps: number[] = [];
        while (tokens.length < Math.min(maxTokens, LENGTH) && tokens.at(-1) !== END) {
          const logp_V = this.logps(this.table, shownIn(prompt, view), tokens.length, temperature || 1);
          const id = temperature === 0 ? logp_V.indexOf(Math.max(...logp_V)) : draw(logp_V, rng.next());
          tokens.push(id);
          logps.push(logp_V[id]);
        }
        const stopReason = tokens.at(-1) === END ? 'stop' : 'length';
        return { tokens_T: Int32Array.from(tokens), logprobs_T: Float32Array.from(logps), stopReason };
      }),
    );
  }

  async score(groups: Group[], { policy, view, temperature }: ScoreOptions): Promise<Float32Array[][]> {
    this.before('score');
    const table = policy === 'current' ? this.table : this.reference;
    return groups.map(({ prompt, responses_G }) =>
      responses_G.map((tokens_T) => this.scored(table, prompt, view, tokens_T, temperature)),
    );
  }

  async accumulate(
    groups: TrainGroup[],
    objective: Objective,
    { temperature }: { temperature: number },
  ): Promise<Record<string, number>> {
    this.before('accumulate');
    const rows = groups.flatMap(({ prompt, responses_G, arrays_G }) =>
      responses_G.map((tokens_T, g) => ({ prompt, tokens_T, arrays: arrays_G[g] })),
    );
    const D = rows.length;
    const padded = (of: (row: (typeof rows)[number]) => Float32Array) => {
      const out = new Float32Array(D * LENGTH);
      rows.forEach((row, d) => {
        out.set(of(row), d * LENGTH);
      });
      return out;
    };
    const views = ['original', ...objective.gradientViews];
    const live = liveOf(objective);
    const feeds: Feeds = coefficientFeeds(objective);
    views.forEach((view, i) => {
      feeds[live[i]] = padded(({ prompt, tokens_T }) =>
        this.scored(this.table, prompt, view, tokens_T, temperature),
      );
    });
    for (const name of new Set<ArrayName>(['weight', ...objective.arrays]))
      feeds[name] = padded(({ arrays }) => {
        const values = arrays[name];
        if (!values) throw new Error(`array ${name} is missing`);
        return values;
      });
    const { session, names } = await this.program(objective, D);
    const out = await session.run(feeds);
    views.forEach((view, i) => {
      const g_DT = out[GRADIENT + live[i]] as Float32Array | undefined;
      if (!g_DT) return;
      rows.forEach(({ prompt, tokens_T }, d) => {
        tokens_T.forEach((id, t) => {
          const shown = shownIn(prompt, view);
          const logp_V = this.logps(this.table, shown, t, temperature);
          const at = (shown * LENGTH + t) * V;
          const g = g_DT[d * LENGTH + t] / temperature;
          for (let v = 0; v < V; v++) this.gradient[at + v] += g * ((v === id ? 1 : 0) - Math.exp(logp_V[v]));
        });
      });
    });
    return Object.fromEntries(names.map((name) => [name, Number(out[name][0])]));
  }

  async step(optimizer: AdamW): Promise<StepReport> {
    this.before('step');
    const { table: value, gradient, moment1, moment2 } = this;
    const { gradNorm, skipped } = adamW([{ value, gradient, moment1, moment2 }], ++this.steps, optimizer);
    this.gradient.fill(0);
    return { gradNorm, skipped };
  }

  async save(dir: string): Promise<void> {
    this.before('save');
    const state = { steps: this.steps, arrays: this.state().map((a) => Array.from(a)) };
    writeFileSync(join(dir, 'table.json'), JSON.stringify(state));
  }

  async load(dir: string): Promise<void> {
    const { steps, arrays } = JSON.parse(readFileSync(join(dir, 'table.json'), 'utf8'));
    this.steps = steps;
    this.state().forEach((a, i) => {
      a.set(arrays[i]);
    });
  }

  async close(): Promise<void> {
    for (const { session } of await Promise.all(this.compiled.values())) await session.close();
    this.compiled.clear();
  }

  private state(): Float32Array[] {
    return [this.table, this.moment1, this.moment2];
  }

  private logps(table: Float32Array, shown: number, t: number, temperature: number): number[] {
    const at = (shown * LENGTH + t) * V;
    const scaled = Array.from(table.subarray(at, at + V), (x) => x / temperature);
    const most = Math.max(...scaled);
    const norm = most + Math.log(scaled.reduce((sum, x) => sum + Math.exp(x - most), 0));
    return scaled.map((x) => x - norm);
  }

  private scored(
    table: Float32Array,
    prompt: Prompt,
    view: string,
    tokens_T: Int32Array,
    temperature: number,
  ): Float32Array {
    const shown = shownIn(prompt, view);
    return Float32Array.from(tokens_T, (id, t) => this.logps(table, shown, t, temperature)[id]);
  }

  private program(objective: Objective, D: number): Promise<Compiled> {
    const program = objectiveProgram(objective, D, LENGTH);
    const key = Buffer.from(program.bytes).toString('base64');
    const have = this.compiled.get(key);
    if (have) return have;
    const names = program.outputs.map(({ name }) => name).filter((name) => !name.startsWith(GRADIENT));
    const made = Session.create(program, { threads: 1 }).then((session) => ({ session, names }));
    this.compiled.set(key, made);
    return made;
  }
}

/** Noise makes other grey levels of a picture, which show something too. */
const shownIn = (prompt: Prompt, view: string) => (prompt.views[view][0]?.rgb.data[0] ?? 0) % SHOWN;

function draw(logp_V: readonly number[], u: number): number {
  let mass = 0;
  for (let v = 0; v < logp_V.length; v++) {
    mass += Math.exp(logp_V[v]);
    if (u < mass) return v;
  }
  return logp_V.length - 1;
}
