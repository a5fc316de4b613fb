import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { dayText, today } from '@/shared/time.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTake } from './data.ts';
import { draftSlot } from './draft.ts';
import { FieldInput } from './FieldInput.tsx';
import {
  allWrong,
  asked,
  type Clash,
  changes,
  fromPost,
  needed,
  placed,
  rebase,
  type Values,
  valuesOf,
  wire,
} from './form.ts';
import { EntryItem } from './History.tsx';
import { type Entry, empty, type Field, type Item, named, pathOf, type Register } from './model.ts';
import { ValueText } from './ValueText.tsx';

interface Props {
  r: Register;
  /** The row to change; without one a new row is made. */
  item?: Item;
  /** What a new row begins with besides what the post says: the row above it in a tree. */
  preset?: Values;
  onClose: () => void;
  onDone: (item: Item, again?: boolean) => void;
}

interface Said {
  field: string;
  text: string;
}

/** What others saved meanwhile, field by field, and what is to be done about it. */
function Conflict({
  r,
  entries,
  clashes,
  onTheirs,
  onSave,
}: {
  r: Register;
  entries: Entry[];
  clashes: Clash[];
  onTheirs: (c: Clash) => void;
  onSave: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Alert
      type="warning"
      showIcon
      title={t('ledger:conflict.title')}
      description={
        <>
          <ol className="timeline">
            {entries.map((e) => (
              <EntryItem key={e.version} r={r} e={e} />
            ))}
          </ol>
          {clashes.length ? (
            <table className="plain-table">
              <caption>{t('ledger:conflict.both')}</caption>
              <thead>
                <tr>
                  <th scope="col">{t('ledger:conflict.field')}</th>
                  <th scope="col">{t('ledger:conflict.theirs')}</th>
                  <th scope="col">{t('ledger:conflict.mine')}</th>
                  <th />
                </tr>
              </thead>
              <tbody>
                {clashes.map((c) => (
                  <tr key={c.field.name}>
                    <th scope="row">{c.field.label}</th>
                    <td>
                      <ValueText f={c.field} v={c.theirs} />
                    </td>
                    <td>
                      <ValueText f={c.field} v={c.mine} />
                    </td>
                    <td>
                      <Button size="small" onClick={() => onTheirs(c)}>
                        {t('ledger:conflict.take')}
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : (
            <p>{t('ledger:conflict.none')}</p>
          )}
          <Button type="primary" onClick={onSave}>
            {t('ledger:conflict.save')}
          </Button>
        </>
      }
    />
  );
}

/** The form of a register's row, made from its fields alone. */
export default function RowForm({ r, item, preset, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const { me, post } = useSession();
  const [form] = Form.useForm<Values>();
  const announce = useAnnounce();
  const take = useTake(r.code);
  const [base, setBase] = useState(item);
  const [said, setSaid] = useState<Said[]>([]);
  const [conflict, setConflict] = useState<{ entries: Entry[]; clashes: Clash[] } | null>(null);
  const [elsewhere, setElsewhere] = useState(false);
  const [reason, setReason] = useState('');
  const key = useRef(uuidv7());
  const again = useRef(false);
  const summary = useRef<HTMLDivElement>(null);
  const slot = useMemo(() => draftSlot(me.account.id, r.code, item?.id), [me.account.id, r.code, item?.id]);

  // What a new row begins with is nothing that somebody typed: it is no draft.
  const begin = useMemo<Values>(
    () => ({
      ...valuesOf(r, base),
      ...(base ? {} : { valid_from: dayText(today()), ...fromPost(r, post), ...preset }),
    }),
    [r, base, post, preset],
  );
  const [draft, setDraft] = useState(() => slot.read());
  const [initial] = useState(() => ({ ...begin, ...draft?.values }));
  const grid = Form.useWatch('grid', form) ?? initial.grid;

  // What has ended stays where it was; what was entered wrongly is corrected, with the reason.
  const ended = item?.fields.state === 'ended';
  const all = asked(r);
  const own = all.own;
  const standard = ended ? all.standard.filter((f) => f.name.startsWith('valid_')) : all.standard;
  const home = standard.filter((f) => placed.includes(f.name));
  const known = !item && (named(begin.grid) ?? named(begin.region));
  const askPlace = !known || elsewhere || said.some((s) => placed.includes(s.field));

  const current = (): Values => ({ ...begin, ...form.getFieldsValue(true) });
  const touched = (values: Values): Values =>
    Object.fromEntries(Object.keys(changes(r, begin, values)).map((k) => [k, values[k]]));

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const keep = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => slot.write(r, touched(current())), 300);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  const tell = (list: Said[]) => {
    form.setFields(
      r.fields.map((f) => ({
        name: f.name,
        errors: list.filter((s) => s.field === f.name).map((s) => s.text),
      })),
    );
    setSaid(list);
    if (list.length) requestAnimationFrame(() => summary.current?.focus());
  };

  const save = useMutation({
    mutationFn: () => {
      const values = current();
      if (!base) {
        const fields: Record<string, unknown> = r.form ? { form: r.form } : {};
        for (const f of [...own, ...standard])
          if (!empty(values[f.name])) fields[f.name] = wire(f, values[f.name]);
        // The grid says its region.
        if (fields.grid) delete fields.region;
        return call<Item>('POST', pathOf(r.code), { body: { fields }, key: key.current });
      }
      return call<Item>('PATCH', `${pathOf(r.code)}/${base.id}`, {
        body: {
          version: base.version,
          fields: changes(r, begin, values),
          reason: reason.trim() || undefined,
        },
        key: key.current,
      });
    },
    onSuccess: (now) => {
      clearTimeout(timer.current);
      slot.drop();
      take(now, !item);
      announce(t(item ? 'ledger:form.changed' : 'ledger:form.added', { label: now.label }));
      onDone(now, again.current);
    },
    onError: async (e) => {
      if (!(e instanceof Problem)) return;
      if (!e.offline && e.status < 500) key.current = uuidv7();
      if (e.code === 'stale_version' && base) {
        const [fresh, history] = await Promise.all([
          call<Item>('GET', `${pathOf(r.code)}/${base.id}`),
          call<{ items: Entry[] }>('GET', `${pathOf(r.code)}/${base.id}/history`),
        ]);
        const { values, clashes } = rebase(r, valuesOf(r, base), valuesOf(r, fresh), current());
        form.setFieldsValue(values);
        setConflict({ entries: history.items.filter((x) => x.version > base.version), clashes });
        setBase(fresh);
        take(fresh);
        requestAnimationFrame(() => summary.current?.focus());
        return;
      }
      const list = e.errors.length
        ? e.errors.map((x) => ({ field: x.field, text: x.detail }))
        : e.field
          ? [{ field: e.field, text: e.message }]
          : [];
      const known = list.map((s) => ({ ...s, field: s.field.replace(/^(body\.)?fields\./, '') }));
      if (known.length) tell(known);
    },
  });

  const submit = (more = false) => {
    if (save.isPending) return;
    const values = current();
    const bad = allWrong(r, values, t);
    if (ended && !reason.trim())
      bad.push({ field: 'reason', text: t('ledger:wrong.missing', { label: t('ledger:form.why_correct') }) });
    tell(bad);
    if (bad.length) return;
    if (base && !Object.keys(changes(r, begin, values)).length) {
      setConflict(null);
      slot.drop();
      onClose();
      return;
    }
    setConflict(null);
    again.current = more;
    save.mutate();
  };

  const stale = save.error instanceof Problem && save.error.code === 'stale_version';
  const input = (f: Field, first = false) => (
    <Form.Item
      key={f.name}
      name={f.name}
      label={f.kind === 'bool' ? undefined : f.label}
      required={needed(r, f, { grid })}
      extra={f.why}
    >
      {f.fixed && item && !empty(begin[f.name]) ? (
        <Fixed f={f} />
      ) : (
        <FieldInput code={r.code} f={f} autoFocus={first} />
      )}
    </Form.Item>
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut besides the buttons
    <div
      className="row-form"
      onKeyDown={(e) => {
        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
          e.preventDefault();
          submit();
        }
      }}
    >
      <div ref={summary} tabIndex={-1} className="form-summary">
        {said.length ? (
          <Alert
            type="error"
            showIcon
            role="alert"
            title={t('ledger:form.wrong', { count: said.length })}
            description={
              <ul>
                {said.map((s) => (
                  <li key={s.field + s.text}>
                    <button
                      type="button"
                      className="phrase"
                      onClick={() =>
                        s.field === 'reason'
                          ? document.getElementById('row-reason')?.focus()
                          : form.scrollToField(s.field, { focus: true, block: 'center' })
                      }
                    >
                      {s.text}
                    </button>
                  </li>
                ))}
              </ul>
            }
          />
        ) : null}
        {conflict ? (
          <Conflict
            r={r}
            entries={conflict.entries}
            clashes={conflict.clashes}
            onTheirs={(c) => {
              form.setFieldValue(c.field.name, c.theirs);
              setConflict({ ...conflict, clashes: conflict.clashes.filter((x) => x !== c) });
            }}
            onSave={() => submit()}
          />
        ) : null}
        {save.error && !stale && !said.length ? <ErrorNote error={save.error} /> : null}
      </div>
      {draft ? (
        <p className="draft-note quiet">
          {t('ledger:form.draft')}{' '}
          <Time at={new Date(draft.at + 8 * 3_600_000).toISOString().replace('Z', '+08:00')} />{' '}
          <button
            type="button"
            className="phrase"
            onClick={() => {
              slot.drop();
              setDraft(undefined);
              form.setFieldsValue({
                ...Object.fromEntries(r.fields.map((f) => [f.name, undefined])),
                ...begin,
              });
            }}
          >
            {t('ledger:form.draft_drop')}
          </button>
        </p>
      ) : null}
      <Form
        form={form}
        name="row"
        layout="vertical"
        initialValues={initial}
        onValuesChange={(changed: Values) => {
          const names = Object.keys(changed);
          if (said.some((s) => names.includes(s.field)))
            form.setFields(names.map((name) => ({ name, errors: [] })));
          setSaid((list) =>
            list.some((s) => names.includes(s.field)) ? list.filter((s) => !names.includes(s.field)) : list,
          );
          keep();
        }}
        onFinish={() => submit()}
      >
        <p className="quiet gap-below">{t('ledger:form.marks')}</p>
        {own.map((f, i) => input(f, i === 0))}
        <fieldset className="form-part">
          <legend>{t('ledger:group.place')}</legend>
          {ended ? null : askPlace ? (
            home.map((f) => (r.place_digits === 15 && f.name === 'region' ? null : input(f)))
          ) : (
            <p className="gap-below">
              {t('ledger:form.place', { place: (known as { name: string }).name })}{' '}
              <button type="button" className="phrase" onClick={() => setElsewhere(true)}>
                {t('ledger:form.elsewhere')}
              </button>
            </p>
          )}
          {standard.filter((f) => !placed.includes(f.name)).map((f) => input(f))}
        </fieldset>
        {item ? (
          <Form.Item
            label={t(ended ? 'ledger:form.why_correct' : 'ledger:form.reason')}
            htmlFor="row-reason"
            required={ended}
          >
            <Input
              id="row-reason"
              maxLength={200}
              value={reason}
              onChange={(e) => setReason(e.target.value)}
            />
          </Form.Item>
        ) : null}
        <div className="form-foot">
          <Button type="primary" htmlType="submit" loading={save.isPending} aria-keyshortcuts="Control+Enter">
            {t('common:do.save')}
          </Button>
          {item ? null : (
            <Button onClick={() => submit(true)} disabled={save.isPending}>
              {t('ledger:form.more')}
            </Button>
          )}
          <Button onClick={onClose}>{t('common:do.cancel')}</Button>
        </div>
      </Form>
    </div>
  );
}

/** A value that is not changed once it is set. */
function Fixed({ f, value }: { f: Field; value?: Values[string] }) {
  const { t } = useTranslation();
  return (
    <span>
      <ValueText f={f} v={value} /> <span className="quiet">{t('ledger:form.fixed')}</span>
    </span>
  );
}
