import { Segmented } from 'antd';
import type { EChartsType } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useLook } from '@/shared/theme.tsx';
import { dayText } from '@/shared/time.ts';
import { palettes, type as type0 } from '@/shared/tokens.ts';
import { EmptyNote } from '@/shared/ui/state.tsx';
import type { TrendDay } from './data.ts';
import { thousands } from './say.ts';

interface Props {
  days: readonly TrendDay[];
  /** The rows of one day: reported or closed. */
  linkOf: (day: number, what: 'reported' | 'closed') => string;
  wall?: boolean;
}

const short = (day: number) => `${Math.floor(day / 100) % 100}/${day % 100}`;

function Chart({ days, linkOf, wall }: Props) {
  const { t } = useTranslation();
  const { mode } = useLook();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType | null>(null);
  const go = useRef(linkOf);
  go.current = linkOf;

  useEffect(() => {
    let made: EChartsType | undefined;
    let watch: ResizeObserver | undefined;
    let gone = false;
    void import('./chart.ts').then(({ init }) => {
      if (gone || !box.current) return;
      made = init(box.current, null, { renderer: 'canvas' });
      watch = new ResizeObserver(() => made?.resize());
      watch.observe(box.current);
      setChart(made);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      made?.dispose();
    };
  }, []);

  useEffect(() => {
    if (!chart) return;
    const p = palettes[mode];
    const size = wall ? 26 : type0.small;
    // Ink for what comes in, accent for what is done; the dash tells them apart without colour.
    const line = (name: string, values: number[], color: string, dashed: boolean) => ({
      name,
      type: 'line' as const,
      data: values,
      symbol: values.length > 1 ? 'none' : 'circle',
      symbolSize: 7,
      lineStyle: { width: wall ? 5 : 2, color, type: dashed ? ('dashed' as const) : ('solid' as const) },
      itemStyle: { color },
      emphasis: { disabled: true },
    });
    chart.setOption(
      {
        animation: false,
        textStyle: { fontFamily: type0.family, fontSize: size },
        grid: {
          left: 4,
          right: 12,
          top: 14,
          bottom: 4,
          containLabel: true,
        },
        tooltip: wall
          ? { show: false }
          : {
              trigger: 'axis',
              renderMode: 'richText',
              confine: true,
              backgroundColor: p.paper,
              borderColor: p.line,
              textStyle: { color: p.ink, fontSize: size },
              axisPointer: { lineStyle: { color: p.secondary } },
            },
        xAxis: {
          type: 'category',
          boundaryGap: days.length < 2,
          data: days.map((d) => short(d.day)),
          axisLine: { lineStyle: { color: p.line } },
          axisTick: { show: false },
          axisLabel: { color: p.secondary, fontSize: size, hideOverlap: true },
        },
        yAxis: {
          type: 'value',
          minInterval: 1,
          splitNumber: 3,
          splitLine: { lineStyle: { color: p.line } },
          axisLabel: { color: p.secondary, fontSize: size, formatter: (v: number) => thousands(v) },
        },
        series: [
          line(
            t('cockpit:trend.reported'),
            days.map((d) => d.reported),
            p.ink,
            true,
          ),
          line(
            t('cockpit:trend.closed'),
            days.map((d) => d.closed),
            p.accent,
            false,
          ),
        ],
      },
      { notMerge: true },
    );
    const click = (e: { offsetX: number; offsetY: number }) => {
      const at = chart.convertFromPixel({ xAxisIndex: 0 }, e.offsetX) as unknown as number;
      const d = days[Math.round(at)];
      if (d) navigate(go.current(d.day, 'reported'));
    };
    const zr = chart.getZr();
    if (!wall) zr.on('click', click as never);
    return () => {
      zr.off('click', click as never);
    };
  }, [chart, days, mode, wall, t, navigate]);

  return <div className="trend-chart" ref={box} aria-hidden="true" />;
}

/** Reported and closed by day, as lines or as a table with the rows behind each number. */
export function Trend(props: Props) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  const { days, linkOf, wall } = props;
  const reported = days.reduce((n, d) => n + d.reported, 0);
  const closed = days.reduce((n, d) => n + d.closed, 0);
  const title = t('cockpit:trend.title');
  const summary = t('cockpit:trend.summary', {
    count: days.length,
    reported: thousands(reported),
    closed: thousands(closed),
  });
  const table = (
    <table className="figures-table">
      <caption className="sr-only">{title}</caption>
      <thead>
        <tr>
          <th>{t('cockpit:trend.day')}</th>
          <th className="num">{t('cockpit:trend.reported')}</th>
          <th className="num">{t('cockpit:trend.closed')}</th>
        </tr>
      </thead>
      <tbody>
        {[...days].reverse().map((d) => (
          <tr key={d.day}>
            <th scope="row" className="num">
              {dayText(d.day)}
            </th>
            {(['reported', 'closed'] as const).map((k) => (
              <td className="num" key={k}>
                <Link to={linkOf(d.day, k)}>{thousands(d[k])}</Link>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  return (
    <section className="panel cockpit-panel cockpit-trend" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span className="trend-key trend-reported">{t('cockpit:trend.reported')}</span>
        <span className="trend-key trend-closed">{t('cockpit:trend.closed')}</span>
        {wall ? null : (
          <Segmented
            size="small"
            className="no-print"
            aria-label={t('cockpit:as')}
            value={asTable ? 'table' : 'chart'}
            onChange={(v) => setAsTable(v === 'table')}
            options={[
              { value: 'chart', label: t('cockpit:as_chart') },
              { value: 'table', label: t('cockpit:as_table') },
            ]}
          />
        )}
      </header>
      {days.length === 0 ? (
        <EmptyNote title={t('cockpit:trend.none')} />
      ) : asTable && !wall ? (
        <div className="scroll">{table}</div>
      ) : (
        <>
          <Chart {...props} />
          <p className="sr-only">{summary}</p>
        </>
      )}
    </section>
  );
}
