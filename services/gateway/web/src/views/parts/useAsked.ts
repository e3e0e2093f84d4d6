import { useState } from 'react'

import { useChange } from '../../api/useChange'

/**
 * A change that `Confirm` asks for first.
 *
 * @param keys as of `useChange`
 * @param change does it to what was asked about
 */
export function useAsked<Subject, Answer>(
  keys: readonly (readonly unknown[])[],
  change: (about: Subject) => Promise<Answer>,
  onDone?: (answer: Answer) => void,
) {
  const [about, ask] = useState<Subject | null>(null)
  const { data, error, isPending, mutate, reset } = useChange(keys, change, (answer) => {
    ask(null)
    onDone?.(answer)
  })
  return {
    /** What is asked about; null: nothing. */
    about,
    ask: (subject: Subject) => ask(subject),
    /** What the server answered last. */
    answer: data,
    /** For `Confirm`. */
    dialog: {
      pending: isPending,
      error,
      onConfirm: () => {
        if (about !== null) mutate(about)
      },
      onClose: () => {
        reset()
        ask(null)
      },
    },
  }
}
