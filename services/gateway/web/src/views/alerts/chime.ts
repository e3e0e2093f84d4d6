let context: AudioContext | null = null

/** Makes sound possible. Browsers allow it only in answer to a click or key. */
export async function wakeChime(): Promise<void> {
  context ??= new AudioContext()
  if (context.state === 'suspended') await context.resume()
}

/** Two short tones, the second higher; nothing as long as the browser allows no sound. */
export function chime(): void {
  if (context?.state !== 'running') return
  const now = context.currentTime
  for (const [start, frequency] of [
    [0, 660],
    [0.22, 880],
  ] as const) {
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.frequency.value = frequency
    volume.gain.setValueAtTime(0, now + start)
    volume.gain.linearRampToValueAtTime(0.22, now + start + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, now + start + 0.2)
    tone.connect(volume).connect(context.destination)
    tone.start(now + start)
    tone.stop(now + start + 0.21)
  }
}
