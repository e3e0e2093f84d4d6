import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'

import { parseSearch } from '../../view/search'

interface Props {
  /** Path with search, on this page. */
  to: string
  className?: string
  children: ReactNode
}

/** A link to another view: no reload, and the language in the address stays. */
export function ViewLink({ to, className, children }: Props) {
  const [path = '/', query = ''] = to.split('?')
  return (
    <Link to={path} search={parseSearch(query)} {...(className ? { className } : {})}>
      {children}
    </Link>
  )
}
