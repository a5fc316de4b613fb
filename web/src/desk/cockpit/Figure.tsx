import { InfoCircleOutlined } from '@ant-design/icons';
import { Button, Popover } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { FigureInfo, TopFigure } from './data.ts';
import { bigValue, saySmall, thousands, type Unit } from './say.ts';
import { type Part, rowsLink, type View } from './view.ts';

/** What a figure is made of. */
export function Definition({ info, linkOf }: { info: FigureInfo; linkOf?: (part: Part) => string }) {
  const { t } = useTranslation();
  const part = (p: Part, text: string | undefined) =>
    text ? (
      <>
        <dt>{t(`cockpit:definition.${p}`)}</dt>
        <dd>
          {text}
          {linkOf ? (
            <>
              {' '}
              <Link to={linkOf(p)}>{t('cockpit:definition.rows')}</Link>
            </>
          ) : null}
        </dd>
      </>
    ) : null;
  return (
    <div className="definition">
      {info.definition ? <p>{info.definition}</p> : null}
      <dl>
        {part('numerator', info.numerator)}
        {part('denominator', info.unit === 'count' ? undefined : info.denominator)}
        {part('excluded', info.exclusions)}
        {info.source ? (
          <>
            <dt>{t('cockpit:definition.source')}</dt>
            <dd>{info.source}</dd>
          </>
        ) : null}
      </dl>
    </div>
  );
}

/** The ⓘ beside a figure's name. */
export function Explain({ info, linkOf }: { info: FigureInfo; linkOf?: (part: Part) => string }) {
  const { t } = useTranslation();
  return (
    <Popover
      trigger="click"
      title={info.name}
      content={<Definition info={info} linkOf={linkOf} />}
      classNames={{ root: 'definition-pop' }}
    >
      <Button
        type="text"
        size="small"
        className="explain no-print"
        icon={<InfoCircleOutlined aria-hidden />}
        aria-label={t('cockpit:explain', { name: info.name })}
      />
    </Popover>
  );
}

interface TileProps {
  figure: TopFigure;
  info?: FigureInfo;
  view: View;
  chosen: boolean;
  onChoose?: () => void;
  wall?: boolean;
}

/** One of the six. The large number opens its rows; the name colours the map by it. */
export function Tile({ figure, info, view, chosen, onChoose, wall }: TileProps) {
  const { t } = useTranslation();
  const unit: Unit = figure.unit ?? info?.unit ?? 'count';
  const name = info?.name ?? figure.name ?? figure.id;
  const big = bigValue(figure.value, unit, t);
  const small = saySmall({ ...figure, unit }, t);
  const linkOf = (part: Part) => rowsLink(figure.id, part, view);
  const none = figure.value === null || figure.value === undefined;
  const body = (
    <>
      <span className="tile-number">{big.number}</span>
      {big.unit ? <span className="tile-unit">{big.unit}</span> : null}
    </>
  );
  return (
    <li className={`tile panel${chosen ? ' tile-chosen' : ''}${none ? ' tile-none' : ''}`}>
      <div className="tile-head">
        {onChoose && !wall ? (
          <button
            type="button"
            className="tile-name"
            aria-pressed={chosen}
            onClick={onChoose}
            title={t('cockpit:colour_by', { name })}
          >
            {name}
          </button>
        ) : (
          <span className="tile-name">{name}</span>
        )}
        {info && !wall ? <Explain info={info} linkOf={linkOf} /> : null}
      </div>
      {wall ? (
        <div className="tile-value">{body}</div>
      ) : (
        <Link
          className="tile-value"
          to={linkOf(none ? 'excluded' : 'numerator')}
          aria-label={t('cockpit:open_rows', { name, value: big.number + big.unit })}
        >
          {body}
        </Link>
      )}
      <div className="tile-foot quiet">
        {none ? (
          t('cockpit:none_why')
        ) : unit === 'count' ? null : (
          <>
            {unit === 'rate' && figure.numerator !== undefined && figure.numerator !== null ? (
              <>
                {wall ? (
                  thousands(figure.numerator)
                ) : (
                  <Link to={linkOf('numerator')}>{thousands(figure.numerator)}</Link>
                )}
                {' / '}
              </>
            ) : null}
            {figure.denominator !== undefined && figure.denominator !== null ? (
              wall ? (
                t('cockpit:cases', { n: thousands(figure.denominator) })
              ) : (
                <Link to={linkOf('denominator')}>
                  {t('cockpit:cases', { n: thousands(figure.denominator) })}
                </Link>
              )
            ) : null}
          </>
        )}
        {small ? <span className="tile-small">{small}</span> : null}
      </div>
    </li>
  );
}
