/** Execution providers of ONNX Runtime: whether one starts, and what mends it where it does not. */
import { constant, input } from './graph.ts';
import { add } from './ops.ts';
import { compile, type Program } from './program.ts';

/** The smallest program: what it needs of a provider is that it starts. */
export const probeProgram = (): Program => compile({ y: add(input('x', [1]), constant([1])) });

/** Why a provider does not start and what to do, one line for the setting that names it. */
export function providerFailure(provider: string, reason: string): string {
  const cpu = 'leave it at cpu';
  // Of an assertion in native code only its words, not its place.
  const said = reason
    .replace(/^ONNX Runtime refuses the program: /, '')
    .replace(/^\/\S+:\d+ .* was false\. /s, '')
    .trim();
  const why = `engine.provider: ${provider} does not start here`;
  if (/backend not found/.test(said))
    return `${why}, as the installed ONNX Runtime has none (coreml is for macOS, dml for Windows); ${cpu}, or choose webgpu or cuda`;
  if (provider === 'cuda')
    return `${why} (${said}); it needs an NVIDIA driver, CUDA 12, cuDNN 9 and the runtime's CUDA libraries, which this fetches once: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12; or ${cpu}`;
  if (provider === 'webgpu')
    return `${why} (${said}); it needs a graphics card with a driver for Vulkan, Metal or Direct3D 12: install the driver, or ${cpu}`;
  return `${why} (${said}); mend that, or ${cpu}`;
}
