/** The presets for a reader: values by size, and their source. */
import { presetConfig, presetSource } from './preset-layer.ts';
import { presets } from './presets/index.ts';
import type { PresetSize } from './presets/preset.ts';
import { presetSizes } from './presets/sizes.ts';

export function presetsText(): string {
  return presets
    .map(({ name, title, config }) => {
      const rows = presetSizes.map((size) => `  ${size.padEnd(5)} ${values(name, size)}\n`).join('');
      const { objective, mask } = presetSource(name, '7b');
      return `${name}: ${title}\n${rows}  from  ${objective}\n${config.mask ? `  mask  ${mask}\n` : ''}`;
    })
    .join('\n');
}

function values(name: string, size: PresetSize): string {
  const { objective: o, mask, optimizer, rollout, train, dynamicSampling } = presetConfig(name, size);
  const { surrogate } = o;
  const masked = presets.find((p) => p.name === name)?.config.mask;
  const parts = [
    `γ ${o.gamma}`,
    `η1 ${o.eta1}`,
    `η2 ${o.eta2}`,
    `β ${o.beta}`,
    'clipLow' in surrogate ? `${surrogate.kind} ${surrogate.clipLow}/${surrogate.clipHigh}` : surrogate.kind,
    `average ${o.average}`,
    masked ? `mask ${mask.kind}${'ratio' in mask ? ` ${mask.ratio}` : ''}` : 'no mask',
    `lr ${optimizer.learningRate}`,
    `${rollout.prompts}×${rollout.samples} rollouts, ${train.miniBatches} updates`,
    ...(dynamicSampling.enabled ? ['dynamic sampling'] : []),
  ];
  return parts.join('  ');
}
