import { type Preset, presetNames, presetSizes, presets } from '../objective/presets.ts';

/** The presets for a reader: values by size, and their source. */
export function presetsText(): string {
  return presetNames
    .map((name) => {
      const { title, source } = presets[name]['7b'];
      const sizes = presetSizes
        .map((size) => `  ${size.padEnd(5)} ${values(presets[name][size])}\n`)
        .join('');
      const views = presets[name]['7b'].mask ? `  mask  ${source.mask}\n` : '';
      return `${name}: ${title}\n${sizes}  from  ${source.objective}\n${views}`;
    })
    .join('\n');
}

function values({ objective: o, mask, optimizer, rollout }: Preset): string {
  const parts = [
    `γ ${o.gamma}`,
    `η1 ${o.eta1}`,
    `η2 ${o.eta2}`,
    `β ${o.beta}`,
    `clip ${o.clipLow}/${o.clipHigh}`,
    `average ${o.average}`,
    mask ? `mask ${mask.kind}${'ratio' in mask ? ` ${mask.ratio}` : ''}` : 'no mask',
    `lr ${optimizer.learningRate}`,
    `${rollout.prompts}×${rollout.samples} rollouts, ${rollout.miniBatches} updates`,
    ...(rollout.dynamicSampling ? ['dynamic sampling'] : []),
  ];
  return parts.join('  ');
}
