import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'

/** Changes something; then what `keys` name is read again, also when it was refused: somebody may have been faster. */
export function useChange<Answer, Input = void>(
  keys: readonly (readonly unknown[])[],
  change: (input: Input) => Promise<Answer>,
  onDone?: (answer: Answer) => void | Promise<void>,
): UseMutationResult<Answer, Error, Input> {
  const client = useQueryClient()
  return useMutation({
    networkMode: 'always',
    mutationFn: change,
    ...(onDone ? { onSuccess: onDone } : {}),
    onSettled: () => Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
