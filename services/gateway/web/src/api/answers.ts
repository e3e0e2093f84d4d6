/** When the gateway last answered anything, for the live state in the header. */

export interface Answers {
  /** Time (ms) of the last answer; 0 before the first. */
  answeredAt: number
  /** Whether the newest request got none. */
  failing: boolean
}

let answers: Answers = { answeredAt: 0, failing: false }
const listeners = new Set<() => void>()

export function noteAnswer(good: boolean): void {
  answers = good ? { answeredAt: Date.now(), failing: false } : { ...answers, failing: true }
  for (const listener of listeners) listener()
}

export function currentAnswers(): Answers {
  return answers
}

export function subscribeAnswers(onChange: () => void): () => void {
  listeners.add(onChange)
  return () => listeners.delete(onChange)
}
