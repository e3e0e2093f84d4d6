/** What the address of the view says. */

export const INTEGRATION_TABS = ['usage', 'files', 'keys', 'sandbox', 'webhooks'] as const
export type IntegrationTab = (typeof INTEGRATION_TABS)[number]

export interface IntegrationSearch {
  tab: IntegrationTab
  /** Key of the provider; null: the first. */
  provider: string | null
  /** Id of the webhook whose deliveries are shown. */
  webhook: string | null
  /** Number of the uploaded file that is shown. */
  file: string | null
}
