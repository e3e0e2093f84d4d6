import { address } from '../../api/client'
import { useI18n } from '../../i18n/I18n'
import { instantOf } from '../parts/localTime'
import { usePages } from '../parts/pages'
import { PagedTable } from '../parts/Table'
import { AdminView } from './AdminView'
import { codeText, DEAD_LETTERS_KEY, DEAD_LETTERS_URL } from './deadLetterText'
import type { DeadLetter } from './deadLetterTypes'
import { Field } from './Field'
import { LetterDrawer } from './LetterDrawer'

export interface DeadLettersSearch {
  code: string
  provider: string
  from: string
  to: string
  /** Id of the one that is open. */
  letter: string | null
}

interface Props {
  search: DeadLettersSearch
  onSearch: (change: Partial<DeadLettersSearch>) => void
}

/** What was sent and could not be used: why, and a way to send it again once the reason is gone. */
export function DeadLetters(props: Props) {
  return (
    <AdminView section="dead-letters">
      <Letters {...props} />
    </AdminView>
  )
}

function Letters({ search, onSearch }: Props) {
  const { t, format } = useI18n()
  const pages = usePages<DeadLetter>(
    DEAD_LETTERS_KEY,
    address(DEAD_LETTERS_URL, {
      code: search.code || undefined,
      provider: search.provider || undefined,
      from: search.from ? instantOf(`${search.from}T00:00`) : undefined,
      to: search.to ? instantOf(`${search.to}T23:59:59`) : undefined,
      limit: 100,
    }),
  )
  return (
    <>
      <section className="panel fill" aria-label={t('admin.dead-letters')}>
        <form
          className="tool-row tool-fields"
          role="search"
          aria-label={t('admin.dead-letters')}
          onSubmit={(event) => event.preventDefault()}
        >
          <div className="tool-field">
            <Field label={t('admin.code')} value={search.code} onChange={(code) => onSearch({ code })} />
          </div>
          <div className="tool-field">
            <Field
              label={t('admin.provider')}
              value={search.provider}
              onChange={(provider) => onSearch({ provider })}
            />
          </div>
          <div className="tool-field">
            <Field
              label={t('admin.fromDay')}
              type="date"
              value={search.from}
              onChange={(from) => onSearch({ from })}
            />
          </div>
          <div className="tool-field">
            <Field
              label={t('admin.toDay')}
              type="date"
              value={search.to}
              onChange={(to) => onSearch({ to })}
            />
          </div>
        </form>
        <PagedTable
          pages={pages}
          emptyTitle={t('admin.noDeadLetters')}
          emptyHint={t('admin.noDeadLettersHint')}
          label={t('admin.dead-letters')}
          columns={[t('time'), t('admin.provider'), t('admin.refusedBecause'), t('things.state')]}
        >
          {(one) => (
            <tr key={one.id} data-testid="dead-letter-row">
              <td className="nowrap">{format.exact(Date.parse(one.receivedAt), 'second')}</td>
              <td>{one.provider ?? '–'}</td>
              <th scope="row">
                <button
                  type="button"
                  className="link-row"
                  onClick={() => onSearch({ letter: String(one.id) })}
                >
                  <span className="row-names">
                    <span className="row-name">{codeText(one.code, t)}</span>
                    <span className="row-place row-wrap">{one.detail}</span>
                  </span>
                </button>
              </th>
              <td>
                {one.replay === null ? (
                  <span className="mark mark-warn">{t('admin.notReplayed')}</span>
                ) : (
                  <span className={one.replay.outcome === 'accepted' ? 'mark' : 'mark mark-warn'}>
                    {t(`admin.outcome.${one.replay.outcome}`)}
                  </span>
                )}
              </td>
            </tr>
          )}
        </PagedTable>
      </section>
      {search.letter !== null && (
        <LetterDrawer key={search.letter} id={search.letter} onClose={() => onSearch({ letter: null })} />
      )}
    </>
  )
}
