import { z } from 'zod';
import type { Random } from '../../random.ts';
import { type HostOptions, openUserFunction, type Refuse } from '../../user/host.ts';
import { shown } from '../../user/protocol.ts';
import { referenceSetting, timeoutSetting } from '../../user/settings.ts';
import type { RgbImage } from '../../vision/image.ts';
import { maskKind, ratioSetting } from '../kind.ts';
import type { Mask } from '../types.ts';

/**
 * A user's own mask. It gets a copy of the picture that it may change in place until it returns it, the stream that all
 * chance must come from, and the configured ratio; it returns the masked picture in the same size.
 *
 * @example
 * export default function topHalf(image, rng, ratio) {
 *   image.data.fill(0, 0, Math.floor(image.height * ratio) * image.width * 3);
 *   return image;
 * }
 */
export type MaskFunction = (image: RgbImage, rng: Random, ratio: number) => RgbImage | Promise<RgbImage>;

/**
 * Loads a MaskFunction from `path/to/file.ts#export` (without `#` the default export) into a thread of its own, which
 * `close` ends.
 *
 * @param setting leads every message, such as `mask.module`
 * @param baseDir what a relative path counts from
 * @throws ConfigError where the module or the export is missing or cannot be loaded; `apply` throws UserFunctionError
 *   where the function throws, hangs, or gives anything but a picture of the same size
 */
export async function loadFunctionMask(
  setting: string,
  reference: string,
  ratio: number,
  baseDir: string,
  options: HostOptions = {},
): Promise<Mask> {
  const host = await openUserFunction(setting, reference, baseDir, options);
  return {
    name: `function ${reference}`,
    async apply(img, rng, what = 'a picture') {
      const { width, height } = img;
      const data = img.data.slice();
      const call = { what, stream: { at: 1, rng }, transfer: [data.buffer] };
      // The stream comes in between.
      return host.ask([{ width, height, data }, ratio], call, (out, refuse) => checked(out, img, refuse));
    },
    close: () => host.close(),
  };
}

function checked(out: unknown, img: RgbImage, refuse: Refuse): RgbImage {
  const { width, height, fitted } = img;
  if (typeof out !== 'object' || out === null || !('data' in out))
    throw refuse(`returned ${shown(out)}; return { width, height, data }`);
  const { data, ...size } = out as Record<string, unknown>;
  if (size.width !== width || size.height !== height)
    throw refuse(
      `returned a picture of ${shown(size.width)}x${shown(size.height)} for one of ${width}x${height}; keep the size`,
    );
  if (!(data instanceof Uint8Array))
    throw refuse(`returned data of another type (${shown(data)}); give a Uint8Array, height x width x 3`);
  if (data.length !== width * height * 3)
    throw refuse(
      `returned ${data.length} bytes for ${width}x${height} RGB; expected ${width * height * 3} (height x width x 3)`,
    );
  return { width, height, data, ...(fitted === undefined ? {} : { fitted }) };
}

export const functionKind = maskKind({
  settings: z
    .strictObject({
      kind: z.literal('function'),
      module: referenceSetting.describe(
        'your function, as path/to/file.ts#exportName (without # the default export): given (image, rng, ratio) it returns { width, height, data } of the same size',
      ),
      ratio: ratioSetting,
      timeout: timeoutSetting.describe(
        'seconds without an answer after which your function is cut off and the run ends',
      ),
    })
    .describe('your own function'),
  effect: 'changed',
  asks: { module: 'name your mask as path#export' },
  make: ({ module, ratio, timeout }, { setting, baseDir, host }) =>
    loadFunctionMask(`${setting}.module`, module, ratio, baseDir, { ...host, timeout }),
});
