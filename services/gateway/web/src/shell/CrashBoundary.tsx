import { Component, type ErrorInfo, type ReactNode } from 'react'

/** Last resort: a fault of the page itself shows a sentence and a way out, not an empty window. */
export class CrashBoundary extends Component<{ children: ReactNode }, { crashed: boolean }> {
  override state = { crashed: false }

  static getDerivedStateFromError() {
    return { crashed: true }
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error('The page failed while drawing', error, info.componentStack)
  }

  override render() {
    if (!this.state.crashed) return this.props.children
    return <Crash />
  }
}

/** In both languages: what tells the language may be what failed. */
export function Crash() {
  return (
    <main className="crash" role="alert">
      <p>Trang gặp lỗi. Hãy tải lại trang.</p>
      <p lang="en">The page failed. Please reload it.</p>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        Tải lại · Reload
      </button>
    </main>
  )
}
