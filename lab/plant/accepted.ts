/** Fields that no test has to read, each with the reason: the end of a file's path, a pattern of a field's name. */
export const ACCEPTED: readonly { file: RegExp; field: RegExp; why: string }[] = [
  {
    file: /(expected|images|cases|pairs|windows)\.json$/,
    field: /^(transformers|torch|torch_cpu_capability|pillow|libjpeg_turbo|libwebp|tokenizers)$/,
    why: 'says what made the file',
  },
  {
    file: /(expected|pairs)\.json$/,
    field: /^(sympy|pylatexenc|python|model|attn|dtype)$/,
    why: 'says what made the file',
  },
  { file: /objective\/[a-z_]+\.json$/, field: /^cases\[\]\.(id|preset|notes\..*)$/, why: 'names a case' },
  {
    file: /expected\.json$/,
    field: /^sdpa_vs_eager_|\.max_abs_diff_/,
    why: 'measures how far the reference is from itself',
  },
  {
    file: /image\/images\.json$/,
    field: /^images\[\]\.process_image\[\]\.file$/,
    why: 'names a picture that is left out, its sha256 is tested',
  },
  {
    file: /dinov2\/\w+\/config\.json$/,
    field: /^apply_layernorm$/,
    why: 'a setting of the backbone class, which the model does not read',
  },
];
