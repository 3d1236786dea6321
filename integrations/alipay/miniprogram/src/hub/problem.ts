/** What the hub says is wrong: a stable code and a Chinese sentence (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
}

/** Nobody answered: whether the request arrived is not known. */
export const UNANSWERED = 'UNANSWERED'

/** Nobody is signed in, or no longer. */
export const SIGNED_OUT = 'SIGNED_OUT'

/** Nothing to read in an answer, or an answer that is not the hub's. */
export const UNREADABLE = 'UNREADABLE'

/** The one sentence to show for whatever went wrong. */
export function sentence(error: unknown): string {
  return error instanceof Problem ? error.message : '系统繁忙，请稍后重试'
}

/** Whether an error leaves open what became of the request. */
export function unknownOutcome(error: unknown): boolean {
  return error instanceof Problem && (error.code === UNANSWERED || error.status >= 500 || error.status === 202)
}
