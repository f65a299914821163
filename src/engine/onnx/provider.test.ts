import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../errors.ts';
import { providerFailure } from '../../tensor/provider.ts';
import { openOnnxEngine } from './engine.ts';

const checkpointDir = fileURLToPath(new URL('../../../test/golden/qwen2_5_vl/tiny_tied', import.meta.url));

describe('an execution provider that cannot start', () => {
  // Each is missing from at least one of the systems that this runs on.
  const missing = process.platform === 'darwin' ? 'dml' : 'coreml';
  it('is told with the fix before anything is computed', async () => {
    const opened = openOnnxEngine({ checkpointDir, provider: missing, threads: 1, inProcess: true });
    await expect(opened).rejects.toThrow(ConfigError);
    await expect(opened).rejects.toThrow(
      /^engine\.provider: (coreml|dml) does not start here, as the installed ONNX Runtime has none .*leave it at cpu/,
    );
  });

  it('has words that fit', () => {
    expect(
      providerFailure(
        'cuda',
        'ONNX Runtime refuses the program: OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
      ),
    ).toMatch(
      /cuda does not start here \(Ort\S+ Failed to load shared library\); it needs .*install=cuda12; or/,
    );
    expect(
      providerFailure(
        'webgpu',
        'ONNX Runtime refuses the program: /onnxruntime_src/onnxruntime/core/x.cc:136 onnxruntime::f(const X&)::<lambda()> a == b::Success was false. Failed to get a WebGPU adapter: No supported adapters \n',
      ),
    ).toMatch(/No supported adapters\); it needs a graphics card with a driver/);
  });
});
