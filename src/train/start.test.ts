/** `papo train` from settings to files, with the real engine and a random Qwen2.5-VL policy made by other software. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeRow } from '../data/builtin/make.ts';
import { openOnnxEngine } from '../engine/onnx/engine.ts';
import { readJsonl } from '../metrics/jsonl.ts';
import { setLayer, yamlLayer } from '../settings/resolve.ts';
import { steadyMetrics, tempDir } from './loop.testing.ts';
import { type StartOptions, startTraining } from './start.ts';

const POLICY = fileURLToPath(new URL('../../test/golden/qwen2_5_vl/tiny_tied', import.meta.url));

/** JSONL beside picture files, as anyone would keep them. */
function writeRows(dir: string, broken = -1): string {
  mkdirSync(join(dir, 'images'), { recursive: true });
  for (const [split, count] of [
    ['train', 24],
    ['validation', 4],
    ['test', 4],
  ] as const) {
    const lines = Array.from({ length: count }, (_, i) => {
      const row = makeRow('start', i, { split });
      const file = `images/${split}-${i}.png`;
      const bytes = row.images[0];
      writeFileSync(
        join(dir, file),
        split === 'train' && i === broken ? bytes.slice(0, bytes.length / 2) : bytes,
      );
      return JSON.stringify({ id: row.id, problem: row.problem, answer: row.answer, images: [file] });
    });
    writeFileSync(join(dir, `${split}.jsonl`), `${lines.join('\n')}\n`);
  }
  return dir;
}

const SET = [
  'train.steps=4',
  'rollout={prompts: 4, samples: 3, maxTokens: 8}',
  'data.maxPromptTokens=1000',
  'validation={every: 2, rows: 4, samples: 2}',
  'test={rows: 4, samples: 2}',
  'checkpoint.every=2',
  // This policy has learnt nothing, so all its answers are wrong.
  'train.updateWithoutSignal=true',
];

let data: string;
let out: string;

beforeEach(() => {
  data = writeRows(tempDir());
  out = tempDir();
});

async function start(set: string[], options: Partial<StartOptions> = {}) {
  const said: string[] = [];
  const layers = [...SET, `policy=${POLICY}`, `data.dir=${data}`, `out=${out}`, 'name=run', ...set].map(
    setLayer,
  );
  const status = await startTraining(
    {
      layers: options.resume ? set.map(setLayer) : layers,
      openEngine: (_, checkpointDir) => openOnnxEngine({ checkpointDir, threads: 1, inProcess: true }),
      ...options,
    },
    { write: (text) => said.push(text) },
  );
  return { status, text: said.join('') };
}

describe('papo train', () => {
  it('goes from settings to a policy, and says what a person wants to know', async () => {
    const { status, text } = await start([]);
    expect(status).toBe(0);
    const dir = join(out, 'run');
    for (const words of [
      '186 k parameters',
      'ONNX Runtime',
      '24 of 24 rows, validation 4, test 4',
      'papo-g (tiny): PAPO on GRPO',
      'PAPO paper table 6',
      `run        ${dir}`,
      'step 4/4  reward',
      'step 4, validation: accuracy',
      'accuracy on 4 unseen test questions, in %\n  temperature 1: mean of 2 drawn answers (avg@2) to each',
      'masked (random): 4 questions',
      'of 4 greedy answers 0 turned right, 0 turned wrong',
      `picture   ${join(dir, 'question.png')}`,
      join(dir, 'checkpoints', 'step-000004'),
      join(dir, 'metrics.jsonl'),
      `papo train --resume ${dir} --steps 8`,
    ])
      expect(text).toContain(words);
    expect(text).toMatch(/before +after +change \(95 % interval\)/);
    const saved = readdirSync(join(dir, 'checkpoints', 'step-000004'));
    for (const file of [
      'config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'state.json',
      'tokenizer.json',
    ])
      expect(saved).toContain(file);
    expect(yamlLayer(join(dir, 'config.yaml')).values).toMatchObject({ name: 'run', train: { steps: 4 } });
    expect(readJsonl(join(dir, 'samples.jsonl'))[0]).toMatchObject({ step: 1, problem: expect.any(String) });
    const steps = steadyMetrics(dir).filter((l) => l.kind === 'step');
    expect(steps).toHaveLength(4);
    expect(steps.every((l) => Number(l.grad_norm) > 0 && Number(l.kl_prcp) > 0)).toBe(true);
  });

  it('refuses a run that exists, then takes it up for more steps, to the numbers of one long run', async () => {
    await start(['train.steps=2']);
    await expect(start([])).rejects.toThrow(
      `${join(out, 'run')}: this run exists; continue it with 'papo train --resume ${join(out, 'run')}'`,
    );
    const dir = join(out, 'run');
    await expect(start(['objective.gamma=1'], { resume: dir })).rejects.toThrow(
      `--resume ${dir}: objective.gamma (0.02 → 1) would change in the middle of a run`,
    );
    const { text } = await start(['train.steps=4'], { resume: `${dir}/` });
    expect(text).toContain(`after step 2, from ${join(dir, 'checkpoints', 'step-000002')}`);
    out = tempDir();
    await start([]);
    const strip = (lines: ReturnType<typeof steadyMetrics>) => lines.filter((l) => l.kind === 'step');
    expect(strip(steadyMetrics(dir))).toEqual(strip(steadyMetrics(join(out, 'run'))));
  });

  it('saves and leaves at a signal, with the status of a program that a signal ended', async () => {
    let asked = 0;
    const { status, text } = await start([], {
      openEngine: async (_, checkpointDir) => {
        const engine = await openOnnxEngine({ checkpointDir, threads: 1, inProcess: true });
        const score = engine.score.bind(engine);
        engine.score = (...args) => {
          // A real signal to this very process; twice, as npx hands one on that the terminal has sent already.
          // The test before the first step has scored once.
          if (++asked === 4) {
            process.kill(process.pid, 'SIGTERM');
            process.kill(process.pid, 'SIGTERM');
          }
          return score(...args);
        };
        return engine;
      },
    });
    expect(status).toBe(143);
    expect(text).toContain(
      'SIGTERM: saving a checkpoint after what is being computed; once more leaves at once',
    );
    expect(text).toMatch(
      /stopped after step [12], saved in .*step-00000[12]\ncontinue with: papo train --resume/,
    );
    expect(existsSync(join(out, 'run', 'checkpoints'))).toBe(true);
  });

  it('skips a picture that is cut short and counts it', async () => {
    data = writeRows(tempDir(), 5);
    const { text, status } = await start(['train.steps=6', 'test.rows=0']);
    expect(status).toBe(0);
    expect(text).toMatch(/skipped: row \S+, image 1: cannot be decoded .*further ones are only counted/);
    expect(text).toContain('1 training rows could not be used');
  });

  it('makes the built-in rows once, in a folder that equal settings share', async () => {
    const builtin = ['data.dir=null', 'data.builtin={train: 14, validation: 7, test: 7}', 'train.steps=1'];
    const { text } = await start(builtin);
    const under = join(out, '.data');
    const [folder] = readdirSync(under);
    expect(text).toContain('built-in tasks (count, sum,');
    expect(text).toContain(` in ${join(under, folder)}: train 14`);
    const bytes = readFileSync(join(under, folder, 'train.parquet'));
    await start([...builtin, 'name=second', 'seed=2']);
    expect(readdirSync(under)).toEqual([folder]);
    expect(readFileSync(join(under, folder, 'train.parquet')).equals(bytes)).toBe(true);
    const kinds = readJsonl(join(out, 'second', 'metrics.jsonl')).find((l) => l.kind === 'test')!.kinds;
    expect(Object.keys(kinds as object)).toContain('count');
  });

  it('says what is not there in one line', async () => {
    const fault = (...set: string[]) => {
      out = tempDir();
      return start(set).then(
        () => 'nothing',
        (error: Error) => `${error.name}: ${error.message}`,
      );
    };
    expect(await fault('policy=/no/such/policy')).toMatch(
      /^CheckpointError: \/no\/such\/policy: no such folder; name the folder of a .* checkpoint in Hugging Face form \(config\.json, model\.safetensors\)$/,
    );
    expect(await fault('data.dir=/no/such/data')).toMatch(
      /^DataError: \/no\/such\/data: no such file or directory/,
    );
    expect(await fault('objective.advantage=gae')).toMatch(
      /^ConfigError: --set: objective\.advantage: "gae" is given, allowed is one of grpo, dapo, /,
    );
    expect(await fault('rollout.samples=1')).toMatch(/^ConfigError: rollout\.samples: 1 is given/);
    expect(await fault('objective.views=[{view: noised, coefficient: 0.1}]')).toMatch(
      /^ConfigError: views\.noised: the objective asks/,
    );
    expect(await fault('rollout.views.noised=0.5')).toMatch(
      /^ConfigError: views\.noised: rollout\.views draws rollouts from this view/,
    );
    expect(await fault('objective.clipHigh=0.28')).toMatch(
      /objective\.clipHigh: no such key; did you mean objective\.surrogate\.clipHigh\?/,
    );
    expect(await fault('data.maxPromptTokens=3')).toMatch(
      /^DataError: (data|none of).*over data\.maxPromptTokens 3/,
    );
    expect(await fault('reward.grader=function')).toMatch(/^ConfigError: reward\.grader is 'function'/);
    for (const file of ['validation.jsonl', 'test.jsonl'])
      writeFileSync(join(data, file), '{"problem": "?", "answer": ""}\n');
    expect(await fault()).toMatch(/^DataError: .*no usable row/);
  });

  it('leaves no folder behind where the settings, the data or the policy are wrong', async () => {
    await expect(start(['train.steps=none'])).rejects.toThrow('train.steps');
    await expect(start(['data.dir=/no/such/data'])).rejects.toThrow('/no/such/data');
    await expect(start(['policy=/no/such/policy'])).rejects.toThrow('/no/such/policy');
    expect(readdirSync(out)).toEqual([]);
  });
});
