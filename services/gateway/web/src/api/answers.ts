/** When the gateway last answered anything, and what that says about it. */

export interface Answers {
  /** Time (ms) of the last answer; 0 before the first. */
  answeredAt: number
  /** Whether the newest request got none. */
  failing: boolean
  /** Time (ms) of the first request in a row that got none; 0: the newest was answered. */
  failingSince: number
  /** Time (ms) of the last answer that told of an outage behind the gateway: 503, or an old answer given again. */
  troubledAt: number
}

let answers: Answers = { answeredAt: 0, failing: false, failingSince: 0, troubledAt: 0 }
const listeners = new Set<() => void>()

export function noteAnswer(good: boolean): void {
  change(
    good
      ? { ...answers, answeredAt: Date.now(), failing: false, failingSince: 0 }
      : { ...answers, failing: true, failingSince: answers.failingSince || Date.now() },
  )
}

/** The gateway answered, but something behind it did not. */
export function noteTrouble(): void {
  change({ ...answers, troubledAt: Date.now() })
}

export function currentAnswers(): Answers {
  return answers
}

export function subscribeAnswers(onChange: () => void): () => void {
  listeners.add(onChange)
  return () => listeners.delete(onChange)
}

function change(next: Answers): void {
  answers = next
  for (const listener of listeners) listener()
}
