/** What is asked in one command, what is said to it, and how much each token leaned on the pictures. */
import type { RgbImage } from '../../vision/image.ts';
import type { Response, Sampling } from '../types.ts';

/** A question with its pictures. */
export interface Asking {
  question: string;
  /** Encoded, as they were read. */
  pictures: readonly { path: string; bytes: Uint8Array }[];
}

export interface Wanted extends Sampling {
  samples: number;
  seed: string;
}

/** A response; of a policy that runs here with its tokens. */
export interface Said extends Response {
  tokens_T?: Int32Array;
}

/** A token of a response, with its log-probability in nats with the pictures and without. */
export interface TokenLook {
  /** What it adds to the text; '' for a token that only structures, and for a part of a character. */
  text: string;
  logprob: number;
  /** Mean over the masks. */
  masked: number;
  /** KL_prcp of the token: k3 of the KL between both, 0 to 10; mean over the masks. */
  klPrcp: number;
}

/** How much a response leaned on its pictures. */
export interface Look {
  tokens_T: TokenLook[];
  /** Mean of the tokens' KL_prcp, as a run's metrics have it for this response. */
  klPrcp: number;
  /** Sums over the tokens. */
  logprob: number;
  masked: number;
  /** Of the mask, such as `random 0.6`. */
  mask: string;
  masks: number;
  seed: string;
  /** Both as the vision tower gets them, one of each picture; the masked ones are those of the first mask. */
  original: readonly RgbImage[];
  maskedPictures: readonly RgbImage[];
}

/** Whom questions are asked. */
export interface Asker {
  /** As it was named, with what is known of it. */
  readonly description: string;
  /** What holds where the command says nothing. */
  readonly sampling: Sampling;
  /**
   * `samples` responses. @param onText hears of the text as it comes, where one response is asked for
   * @throws DataError or ImageError for a question that cannot be asked
   */
  ask(asking: Asking, wanted: Wanted, onText?: (text: string) => void): Promise<Said[]>;
  /** Absent where nobody can look into the policy. */
  look?(asking: Asking, said: Said, masks: number, seed: string): Promise<Look>;
  close(): Promise<void>;
}
