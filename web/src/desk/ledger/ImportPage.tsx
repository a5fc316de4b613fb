import { DownloadOutlined, InboxOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Popconfirm, Select } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { apiBase, Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { complete, errorsCsv, type ImportRun, type Look, missing, twice, typeOf } from './mapping.ts';
import { fieldOf, pathOf, type Register } from './model.ts';

/** How many problems are shown at first; the list to download has them all. */
const shownErrors = 50;

function Runs({ r, busy }: { r: Register; busy: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const announce = useAnnounce();
  const list = useQuery({
    queryKey: ['ledger', r.code, 'imports'],
    queryFn: ({ signal }) => call<{ items: ImportRun[] }>('GET', `${pathOf(r.code)}/imports`, { signal }),
    select: (d) => d.items,
    refetchInterval: busy ? 1500 : false,
  });
  const undo = useMutation({
    mutationFn: (run: ImportRun) => call('POST', `${pathOf(r.code)}/imports/${run.id}/undo`),
    onSuccess: (_, run) => {
      announce(t('ledger:import.undone', { count: run.added }));
      void client.invalidateQueries({ queryKey: ['ledger', r.code] });
    },
  });
  if (list.error) return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  if (!list.data?.length) return null;
  return (
    <section className="panel import-part">
      <h2>{t('ledger:import.runs')}</h2>
      {undo.error ? <ErrorNote error={undo.error} /> : null}
      <div className="wide-table">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t('ledger:import.file')}</th>
              <th scope="col">{t('ledger:import.at')}</th>
              <th scope="col">{t('ledger:import.by')}</th>
              <th scope="col" className="num">
                {t('ledger:import.added')}
              </th>
              <th scope="col">{t('ledger:import.state')}</th>
              <th />
            </tr>
          </thead>
          <tbody>
            {list.data.map((run) => (
              <tr key={run.id}>
                <th scope="row">{run.file || '—'}</th>
                <td>
                  <Time at={run.at} />
                </td>
                <td>{run.by.name}</td>
                <td className="num">{run.added}</td>
                <td>{t(`ledger:import.states.${run.state}`)}</td>
                <td>
                  {run.state === 'done' ? (
                    <Popconfirm
                      title={t('ledger:import.undo_sure', { count: run.added })}
                      okText={t('ledger:import.undo')}
                      cancelText={t('common:do.cancel')}
                      onConfirm={() => undo.mutate(run)}
                    >
                      <Button size="small" loading={undo.isPending && undo.variables?.id === run.id}>
                        {t('ledger:import.undo')}
                      </Button>
                    </Popconfirm>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Mapping({
  r,
  mapping,
  onChange,
}: {
  r: Register;
  mapping: Record<string, string>;
  onChange: (m: Record<string, string>) => void;
}) {
  const { t } = useTranslation();
  const double = twice(mapping);
  const options = [
    { value: '', label: t('ledger:import.leave') },
    ...r.fields
      .filter((f) => !f.closed)
      .map((f) => ({ value: f.name, label: f.required ? `${f.label} *` : f.label })),
  ];
  return (
    <div className="wide-table">
      <table className="plain-table mapping">
        <thead>
          <tr>
            <th scope="col">{t('ledger:import.column')}</th>
            <th scope="col">{t('ledger:import.field')}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(mapping).map(([column, field]) => (
            <tr key={column}>
              <th scope="row">{column}</th>
              <td>
                <Select
                  className="wide"
                  aria-label={t('ledger:import.field_of', { column })}
                  status={double.includes(field) ? 'error' : undefined}
                  value={field}
                  options={options}
                  showSearch={{ optionFilterProp: 'label' }}
                  onChange={(v) => onChange({ ...mapping, [column]: v })}
                />
                {double.includes(field) ? <div className="form-error">{t('ledger:import.twice')}</div> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Problems({ look, file }: { look: Look; file: string }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  if (!look.errors.length) return null;
  const errors = [...look.errors].sort((a, b) => a.row - b.row);
  const download = () => {
    const text = errorsCsv(errors, [
      t('ledger:import.row'),
      t('ledger:import.column'),
      t('ledger:import.value'),
      t('ledger:import.problem'),
    ]);
    const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
    const a = document.createElement('a');
    a.href = url;
    a.download = `${file.replace(/\.\w+$/, '')}-${t('ledger:import.problems_file')}.csv`;
    a.click();
    URL.revokeObjectURL(url);
  };
  const total = look.errors.length + look.more_errors;
  return (
    <>
      <div className="import-line">
        <h3 className="tone-overdue">{t('ledger:import.problems', { count: total })}</h3>
        <Button size="small" icon={<DownloadOutlined />} onClick={download}>
          {t('ledger:import.download')}
        </Button>
        {look.more_errors ? (
          <span className="quiet">{t('ledger:import.first_only', { count: look.errors.length })}</span>
        ) : null}
      </div>
      <div className="wide-table">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col" className="num">
                {t('ledger:import.row')}
              </th>
              <th scope="col">{t('ledger:import.column')}</th>
              <th scope="col">{t('ledger:import.value')}</th>
              <th scope="col">{t('ledger:import.problem')}</th>
            </tr>
          </thead>
          <tbody>
            {errors.slice(0, all ? undefined : shownErrors).map((e, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row may have the same problem twice, and the list does not change
              <tr key={i}>
                <td className="num">{e.row}</td>
                <td>{e.column ?? '—'}</td>
                <td className="cell-value">{e.value ?? '—'}</td>
                <td>{e.detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {!all && look.errors.length > shownErrors ? (
        <Button size="small" onClick={() => setAll(true)}>
          {t('ledger:import.show_all', { count: look.errors.length })}
        </Button>
      ) : null}
    </>
  );
}

function Doubles({ r, look }: { r: Register; look: Look }) {
  const { t } = useTranslation();
  if (!look.doubles.length) return null;
  return (
    <>
      <h3 className="tone-soon">
        {t('ledger:import.doubles', { count: look.doubles.length + look.more_doubles })}
      </h3>
      <ul className="import-doubles">
        {look.doubles.slice(0, 20).map((d) => (
          <li key={`${d.row} ${d.field}`}>
            {t('ledger:import.double', { row: d.row, field: fieldOf(r, d.field)?.label ?? d.field })}{' '}
            {d.id ? (
              <Link to={`/ledger/${r.code}?row=${d.id}`} target="_blank">
                {d.label}
              </Link>
            ) : (
              t('ledger:import.double_of', { row: d.of, label: d.label })
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** A file becomes rows: matched columns, a look at what is wrong, then all of it or what is right; undone as a whole. */
export function ImportPage({ r }: { r: Register }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const announce = useAnnounce();
  const [file, setFile] = useState<File | null>(null);
  const [refused, setRefused] = useState('');
  const [mapping, setMapping] = useState<Record<string, string>>();
  const [changed, setChanged] = useState(false);
  const [partial, setPartial] = useState(false);
  const [doubles, setDoubles] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const result = useRef<HTMLDivElement>(null);
  useTitle(t('ledger:import.title', { name: r.name }));

  const send = (f: File, query: Record<string, string | boolean | undefined>) =>
    call<Look>('POST', `${pathOf(r.code)}/imports`, {
      query: { ...query, name: f.name, form: r.form },
      file: f,
      type: typeOf(f.name),
    });
  const toResult = () => requestAnimationFrame(() => result.current?.focus());
  const look = useMutation({
    mutationFn: ({ f, map }: { f: File; map?: Record<string, string> }) =>
      send(f, { dry_run: true, mapping: map && JSON.stringify(map) }),
    onSuccess: (d) => {
      setMapping(complete(d));
      setChanged(false);
      setPartial(false);
      setDoubles(false);
      toResult();
    },
  });
  const run = useMutation({
    mutationFn: (again: boolean) =>
      send(file as File, {
        mapping: JSON.stringify(mapping),
        partial: partial || undefined,
        doubles: doubles || undefined,
        again: again || undefined,
      }),
    onSuccess: (d) => {
      if (d.id) announce(t('ledger:import.done', { count: d.added }));
      void client.invalidateQueries({ queryKey: ['ledger', r.code] });
      toResult();
    },
  });
  if (!r.may.write) return <NotFound />;

  const take = (f: File | undefined) => {
    run.reset();
    look.reset();
    setMapping(undefined);
    setFile(null);
    setRefused('');
    if (!f) return;
    if (!typeOf(f.name)) {
      setRefused(t('ledger:import.kind', { name: f.name }));
      return;
    }
    setFile(f);
    look.mutate({ f });
  };
  // What the last try said counts more than what the look before it did.
  const seen = run.data && !run.data.id ? run.data : look.data;
  const done = run.data?.id ? run.data : undefined;
  const lacking = mapping ? missing(r, mapping) : [];
  const bad = seen ? seen.errors.length + seen.more_errors : 0;
  const maybe = seen ? seen.doubles.length + seen.more_doubles : 0;
  const ready =
    !!seen &&
    !changed &&
    !lacking.length &&
    seen.good > 0 &&
    (!bad || partial) &&
    (!maybe || doubles || partial);
  const again = run.error instanceof Problem && run.error.code === 'import_again';
  return (
    <main className="page import-page" id="main" tabIndex={-1}>
      <div className="page-head">
        <p className="crumb">
          <Link to={`/ledger/${r.code}`}>{r.name}</Link>
        </p>
        <h1>{t('ledger:import.do')}</h1>
      </div>
      <section className="panel import-part">
        <h2>{t('ledger:import.step_file')}</h2>
        <p className="quiet gap-below">{t('ledger:import.step_file_why')}</p>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra to the button */}
        <div
          className="import-line"
          onDragOver={(e) => e.preventDefault()}
          onDrop={(e) => {
            e.preventDefault();
            take(e.dataTransfer.files[0]);
          }}
        >
          <Button
            icon={<DownloadOutlined />}
            href={`${apiBase}${pathOf(r.code)}/template${r.form ? `?form=${r.form}` : ''}`}
            download
          >
            {t('ledger:import.template')}
          </Button>
          <Button
            type={file ? 'default' : 'primary'}
            icon={<InboxOutlined />}
            disabled={look.isPending || run.isPending}
            onClick={() => input.current?.click()}
          >
            {file ? t('ledger:import.other') : t('ledger:import.choose')}
          </Button>
          {file ? <span>{file.name}</span> : <span className="quiet">{t('ledger:import.drop')}</span>}
          <input
            ref={input}
            type="file"
            className="sr-only"
            tabIndex={-1}
            aria-hidden
            accept=".xlsx,.csv,.txt"
            onChange={(e) => {
              take(e.target.files?.[0]);
              e.target.value = '';
            }}
          />
        </div>
        {refused ? (
          <p className="form-error" role="alert">
            {refused}
          </p>
        ) : null}
        {look.isPending ? <p role="status">{t('ledger:import.looking')}</p> : null}
        {look.error ? (
          <ErrorNote
            error={look.error}
            retry={file ? () => look.mutate({ f: file, map: mapping }) : undefined}
          />
        ) : null}
      </section>
      {mapping && file && !done ? (
        <section className="panel import-part">
          <h2>{t('ledger:import.step_map')}</h2>
          <Mapping
            r={r}
            mapping={mapping}
            onChange={(m) => {
              setMapping(m);
              setChanged(true);
            }}
          />
          {lacking.length ? (
            <p className="form-error">
              {t('ledger:import.missing', {
                fields: lacking.map((n) => fieldOf(r, n)?.label ?? n).join(t('ledger:list_and')),
              })}
            </p>
          ) : null}
          {changed ? (
            <Button
              type="primary"
              disabled={twice(mapping).length > 0}
              loading={look.isPending}
              onClick={() => {
                run.reset();
                look.mutate({ f: file, map: mapping });
              }}
            >
              {t('ledger:import.look_again')}
            </Button>
          ) : null}
        </section>
      ) : null}
      <div ref={result} tabIndex={-1} className="import-result">
        {seen && !changed && !done ? (
          <section className="panel import-part">
            <h2>{t('ledger:import.step_check')}</h2>
            <p className="gap-below">{t('ledger:import.checked', { rows: seen.rows, good: seen.good })}</p>
            <Problems look={seen} file={file?.name ?? ''} />
            <Doubles r={r} look={seen} />
            <div className="stacked gap-above">
              {bad && seen.good ? (
                <Checkbox checked={partial} onChange={(e) => setPartial(e.target.checked)}>
                  {t('ledger:import.partial', { count: seen.good })}
                </Checkbox>
              ) : null}
              {maybe ? (
                <Checkbox checked={doubles} onChange={(e) => setDoubles(e.target.checked)}>
                  {t('ledger:import.take_doubles')}
                </Checkbox>
              ) : null}
            </div>
            {bad && !partial ? <p className="quiet gap-above">{t('ledger:import.fix')}</p> : null}
            {again ? (
              <Alert
                type="warning"
                showIcon
                title={run.error?.message}
                action={<Button onClick={() => run.mutate(true)}>{t('ledger:import.again')}</Button>}
              />
            ) : run.error ? (
              <ErrorNote error={run.error} />
            ) : null}
            <div className="import-line gap-above">
              <Button
                type="primary"
                disabled={!ready || again}
                loading={run.isPending}
                onClick={() => run.mutate(false)}
              >
                {t('ledger:import.take', { count: seen.good })}
              </Button>
              {run.isPending ? <span role="status">{t('ledger:import.running')}</span> : null}
            </div>
          </section>
        ) : null}
        {done ? (
          <Alert
            className="import-done"
            type="success"
            showIcon
            title={t('ledger:import.done', { count: done.added })}
            description={
              <>
                {done.errors.length ? (
                  <p>{t('ledger:import.left', { count: done.rows - done.added })}</p>
                ) : null}
                <Link to={`/ledger/${r.code}`}>{t('ledger:import.see')}</Link>
              </>
            }
          />
        ) : null}
      </div>
      <Runs r={r} busy={run.isPending} />
    </main>
  );
}
