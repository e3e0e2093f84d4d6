import type { MouseEvent, ReactNode } from 'react'

interface Props {
  /** Path with search, on this page. */
  to: string
  className?: string
  children: ReactNode
  current?: boolean
}

/** A link inside the page: no reload, and all that browsers do with links still works. */
export function ViewLink({ to, className, children, current }: Props) {
  function follow(event: MouseEvent) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    window.history.pushState(null, '', to)
    window.dispatchEvent(new PopStateEvent('popstate'))
  }
  return (
    <a href={to} className={className} onClick={follow} {...(current ? { 'aria-current': 'page' } : {})}>
      {children}
    </a>
  )
}
