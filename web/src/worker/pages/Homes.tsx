import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { findHomes, needsByHome } from '../find.ts';
import { DoorSign } from '../parts/DoorSign.tsx';
import { TextField } from '../parts/Fields.tsx';
import { FirstLoad } from '../parts/FirstLoad.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Page } from '../parts/Page.tsx';
import { buildingName } from '../say.ts';
import type { Home } from '../store/contract.ts';
import { useBook } from '../store/hooks.ts';
import { buildingsOf, homesOf } from '../store/today.ts';
import { useWords } from '../words.ts';

const shown = 60;

function HomeRow({ home, needs = [], where }: { home: Home; needs?: string[]; where?: string }) {
  const { t } = useWords();
  return (
    <li>
      <Link className="row" to={`/homes/${home.id}`}>
        <DoorSign home={home} />
        <span className="grow">
          {where ? <span>{where}</span> : null}
          {home.name ? <small className="quiet">{home.name}</small> : null}
          <span className="chips">
            {needs.map((n) => (
              <span key={n} className="chip">
                {t(`worker:need.${n}`, { defaultValue: n })}
              </span>
            ))}
          </span>
        </span>
        <Icon name="next" />
      </Link>
    </li>
  );
}

export function HomesPage() {
  const { t } = useWords();
  const book = useBook();
  const [params, setParams] = useSearchParams();
  const q = params.get('q') ?? '';
  const [open, setOpen] = useState<number | null>(null);
  const needs = useMemo(() => needsByHome(book), [book]);
  const needWord = (kind: string) => t(`worker:need.${kind}`, { defaultValue: kind });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words change with the language, which reloads the page's texts
  const found = useMemo(() => (q.trim() ? findHomes(book, q, needWord) : []), [book, q]);
  return (
    <Page
      title={t('worker:tab.homes')}
      sub={<p className="quiet">{t('worker:home.all', { count: book.homes.size })}</p>}
    >
      {book.as_of === null ? (
        <FirstLoad />
      ) : book.homes.size === 0 ? (
        <div className="empty">
          <p>{t('worker:home.none')}</p>
          <p className="quiet">{t('worker:home.none_text')}</p>
        </div>
      ) : (
        <>
          <search className="pad">
            <TextField
              label={t('worker:home.search')}
              hint={t('worker:home.search_hint')}
              mode="search"
              value={q}
              onChange={(v) => setParams(v ? { q: v } : {}, { replace: true })}
            />
            <p role="status" className="quiet">
              {q.trim()
                ? found.length > shown
                  ? t('worker:home.found_more', { count: found.length, shown })
                  : t('worker:home.found', { count: found.length })
                : ''}
            </p>
          </search>
          {q.trim() ? (
            <ul>
              {found.slice(0, shown).map((h) => (
                <HomeRow
                  key={h.id}
                  home={h}
                  needs={needs.get(h.id)}
                  where={buildingName(book.buildings.get(h.building), t)}
                />
              ))}
            </ul>
          ) : (
            buildingsOf(book).map((b) => {
              const homes = homesOf(book, b.id);
              return homes.length ? (
                <details
                  key={b.id}
                  open={open === b.id}
                  onToggle={(e) => {
                    if (e.currentTarget.open) setOpen(b.id);
                  }}
                >
                  <summary>
                    <span className="grow">{buildingName(b, t)}</span>{' '}
                    <span className="quiet">{t('worker:today.homes', { count: homes.length })}</span>
                  </summary>
                  {open === b.id ? (
                    <ul>
                      {homes.map((h) => (
                        <HomeRow key={h.id} home={h} needs={needs.get(h.id)} />
                      ))}
                    </ul>
                  ) : null}
                </details>
              ) : null;
            })
          )}
        </>
      )}
    </Page>
  );
}
