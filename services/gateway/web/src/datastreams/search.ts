/** Text as people type it in a hurry: no case, no tone marks, "đ" as "d". */
export function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
}

/** Whether every word of the query occurs in the text, which is already folded. */
export function matches(folded: string, query: string): boolean {
  return fold(query)
    .split(/\s+/)
    .every((word) => folded.includes(word))
}

/** What matches the query; first what has its words side by side: "bao ha" is Bảo Hà before Bảo Thắng. */
export function found<One extends { folded: string }>(all: readonly One[], query: string): One[] {
  const whole = fold(query.trim())
  const hits = all.filter((one) => matches(one.folded, query))
  return [
    ...hits.filter((one) => one.folded.includes(whole)),
    ...hits.filter((one) => !one.folded.includes(whole)),
  ]
}
