import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { createQueryClient } from './api/queries'
import { createPageRouter } from './router'
import { CrashBoundary } from './shell/CrashBoundary'
import './styles/index.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no element with id "root"')

createRoot(root).render(
  <StrictMode>
    <CrashBoundary>
      <QueryClientProvider client={createQueryClient()}>
        <RouterProvider router={createPageRouter()} />
      </QueryClientProvider>
    </CrashBoundary>
  </StrictMode>,
)
