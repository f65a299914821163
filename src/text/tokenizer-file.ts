/**
 * The contents of a tokenizer.json of Qwen's form, checked before anything is built from them: byte-level byte-pair
 * encoding behind NFC and Qwen's own pattern. Other patterns are refused, as one can be written that takes years to
 * match a line.
 */
import { CheckpointError } from '../errors.ts';
import { grouped, shown } from '../reading.ts';
import { BYTE_CHARACTERS, PRE_TOKENIZER_PATTERN } from './qwen.ts';

/** Ids lie below it, added tokens included; Qwen2.5-VL has 151,665. */
const MOST_TOKENS = 2 ** 18;
const MOST_ADDED = 20_000;
/** Characters of one token at most. */
const MOST_CHARACTERS = 1000;

type JsonObject = Record<string, unknown>;

interface AddedToken {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  special: boolean;
}

const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
const isId = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MOST_TOKENS;
const isToken = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS;
/** A part that is left out, or empty. */
const isNone = (value: unknown) => value === undefined || value === null || value === '' || value === 0;

/**
 * What the tokenizer is built from: of the file's parts those that decide tokens, in one form.
 * @param where the file, for messages
 * @throws CheckpointError naming the part that is damaged or of another kind of tokenizer
 */
export function checkTokenizer(json: JsonObject, where: string): object {
  const fail = (part: string, value: unknown, expected: string): never => {
    throw new CheckpointError(
      `${where}: ${part} is ${shown(value)}; expected ${expected}, take the file from the model's hub page`,
    );
  };
  const { model, added_tokens: added = [] } = json;
  if (!isObject(model)) return fail('model', model, 'byte-pair encoding (BPE)');
  if (!(isNone(model.type) || model.type === 'BPE')) fail('model.type', model.type, '"BPE"');
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix'])
    if (!isNone(model[key])) fail(`model.${key}`, model[key], 'none');
  const vocab = checkVocabulary(model.vocab, fail);
  const merges = checkMerges(model.merges, fail);
  checkNormalizer(json.normalizer, fail);
  const preTokenizer = checkPreTokenizer(json.pre_tokenizer, fail);
  if (!isObject(json.decoder) || json.decoder.type !== 'ByteLevel')
    fail('decoder', json.decoder, '"ByteLevel"');
  if (!Array.isArray(added) || added.length > MOST_ADDED)
    return fail(
      'added_tokens',
      Array.isArray(added) ? added.length : added,
      `a list of at most ${MOST_ADDED}`,
    );
  return {
    added_tokens: added.map((token) => checkAdded(token, vocab, fail)),
    normalizer: isNone(json.normalizer) ? null : { type: 'NFC' },
    pre_tokenizer: preTokenizer,
    // Adds nothing to what is encoded here, in any of its forms.
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: model.vocab,
      merges,
      unk_token: null,
      ignore_merges: model.ignore_merges === true,
    },
  };
}

type Fail = (part: string, value: unknown, expected: string) => never;

const PRE_TOKENIZER = {
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: PRE_TOKENIZER_PATTERN }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  ],
};

/** Token by id. */
function checkVocabulary(vocab: unknown, fail: Fail): Map<number, string> {
  if (!isObject(vocab)) return fail('model.vocab', vocab, 'an object of tokens and their ids');
  const byId = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id) || !isToken(token) || byId.has(id))
      fail(`model.vocab ${shown(token)}`, id, `an id of its own below ${grouped(MOST_TOKENS)}`);
    byId.set(id as number, token);
  }
  const lacking = BYTE_CHARACTERS.findIndex((character) => !Object.hasOwn(vocab, character));
  if (lacking >= 0) fail('model.vocab', `without a token for byte ${lacking}`, 'one for each of the 256');
  return byId;
}

function checkMerges(merges: unknown, fail: Fail): [string, string][] {
  if (!Array.isArray(merges) || merges.length > MOST_TOKENS)
    return fail(
      'model.merges',
      Array.isArray(merges) ? merges.length : merges,
      `a list of at most ${grouped(MOST_TOKENS)}`,
    );
  return merges.map((merge: unknown, i) => {
    // Files from before tokenizers 0.20 write a pair as one text.
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(isToken))
      return fail(`model.merges[${i}]`, merge, 'two tokens');
    return pair as [string, string];
  });
}

function checkNormalizer(normalizer: unknown, fail: Fail): void {
  const isNfc = (part: unknown): boolean => isObject(part) && part.type === 'NFC';
  const parts =
    isObject(normalizer) && normalizer.type === 'Sequence' ? normalizer.normalizers : [normalizer];
  if (isNone(normalizer) || (Array.isArray(parts) && parts.length === 1 && parts.every(isNfc))) return;
  fail('normalizer', normalizer, '"NFC"');
}

function checkPreTokenizer(preTokenizer: unknown, fail: Fail): object {
  const parts = isObject(preTokenizer) ? preTokenizer.pretokenizers : undefined;
  if (!Array.isArray(parts) || parts.length !== 2 || !parts.every(isObject))
    return fail('pre_tokenizer', preTokenizer, 'a split by a pattern, then "ByteLevel"');
  const [split, bytes] = parts as [JsonObject, JsonObject];
  const pattern = isObject(split.pattern) ? split.pattern.Regex : undefined;
  if (split.type !== 'Split' || pattern !== PRE_TOKENIZER_PATTERN)
    fail('the pattern of pre_tokenizer', pattern ?? split, `Qwen2.5's ${shown(PRE_TOKENIZER_PATTERN)}`);
  if (split.behavior !== 'Isolated' || split.invert === true)
    fail('pre_tokenizer', { behavior: split.behavior, invert: split.invert }, '"Isolated", not inverted');
  if (bytes.type !== 'ByteLevel' || bytes.add_prefix_space === true || bytes.use_regex !== false)
    fail('pre_tokenizer', bytes, '"ByteLevel" without add_prefix_space and use_regex');
  return PRE_TOKENIZER;
}

function checkAdded(token: unknown, vocab: ReadonlyMap<number, string>, fail: Fail): AddedToken {
  if (!isObject(token) || !isId(token.id) || !isToken(token.content))
    return fail('an added token', token, `one with content and an id below ${grouped(MOST_TOKENS)}`);
  const { id, content } = token;
  const other = vocab.get(id);
  if (other !== undefined && other !== content)
    fail(`the id of the added token ${shown(content)}`, id, `one that ${shown(other)} does not have`);
  const flag = (key: string) => token[key] === true;
  return {
    id,
    content,
    single_word: flag('single_word'),
    lstrip: flag('lstrip'),
    rstrip: flag('rstrip'),
    normalized: flag('normalized'),
    special: flag('special'),
  };
}
