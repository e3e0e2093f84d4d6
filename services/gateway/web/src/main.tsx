import { QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { createQueryClient } from './api/queries'
import { App } from './App'
import { CrashBoundary } from './shell/CrashBoundary'
import './styles/fonts.css'
import './styles/page.css'
import './styles/overview.css'
import './styles/drawer.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with id "root"')

createRoot(root).render(
  <StrictMode>
    <CrashBoundary>
      <QueryClientProvider client={createQueryClient()}>
        <App />
      </QueryClientProvider>
    </CrashBoundary>
  </StrictMode>,
)
