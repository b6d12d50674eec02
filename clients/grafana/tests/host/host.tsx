// A page with what Grafana gives a plugin: its real packages, a loader and panels. Tests drive it through `window.host`.
import * as emotion from '@emotion/css';
import * as data from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import * as runtime from '@grafana/runtime';
import * as schema from '@grafana/schema';
import { Alert, AutoSizeInput, Button, Combobox, Field, GlobalStyles, IconButton, InlineField, InlineFieldRow, Input, MultiCombobox, PanelChrome, PortalContainer, RadioButtonGroup, SecretInput, Stack, Switch, Text, TimeSeries } from '@grafana/ui';
import * as lodash from 'lodash';
import * as react from 'react';
import { type ComponentType, type ReactElement, useState } from 'react';
import * as jsxRuntime from 'react/jsx-runtime';
import { createRoot, type Root } from 'react-dom/client';
import { flushSync } from 'react-dom';
import * as rxjs from 'rxjs';
import { loadAmd } from './amd';
import { type PanelQuery, PanelRunner, type PanelState, withOverrides } from './panelRunner';
import { createTemplates } from './templates';

const ui = { Alert, AutoSizeInput, Button, Combobox, Field, IconButton, InlineField, InlineFieldRow, Input, MultiCombobox, RadioButtonGroup, SecretInput, Stack, Switch, Text };
const modules = { react, 'react/jsx-runtime': jsxRuntime, rxjs, lodash, '@emotion/css': emotion, '@grafana/data': data, '@grafana/runtime': runtime, '@grafana/schema': schema, '@grafana/ui': named('@grafana/ui', ui) };

const theme = data.createTheme({ colors: { mode: 'dark' } });
// One object for as long as the page is there: the chart is built anew for another one.
const legend = { showLegend: true, displayMode: schema.LegendDisplayMode.List, placement: 'bottom' as const, calcs: [] };
const defaults: data.FieldConfig = { custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 10, showPoints: 'never', spanNulls: false, axisPlacement: 'auto' }, color: { mode: 'palette-classic' } };

type Plugin = data.DataSourcePlugin<data.DataSourceApi>;

/** A module of which only some names are there: any other one fails where it is asked for. */
function named<T extends object>(name: string, names: T): T {
  return new Proxy(names, {
    get(target, key, receiver) {
      if (!(key in target) && key !== '__esModule' && key !== 'default') {
        throw new Error(`the plugin uses ${String(key)} of ${name}; this page has to import it, too`);
      }
      return Reflect.get(target, key, receiver);
    },
  });
}

class Panel {
  private readonly root: Root;
  readonly runner: PanelRunner;
  /** How often a picture with rows became one without. */
  emptied = 0;
  pictures = 0;
  drawMs = 0;
  private rows = 0;

  constructor(source: data.DataSourceApi, private readonly title: string, private query: PanelQuery) {
    const element = document.createElement('div');
    element.dataset.panel = String(query.panelId);
    document.getElementById('panels')!.append(element);
    this.root = createRoot(element);
    this.runner = new PanelRunner(source, (state) => this.show(state));
    this.runner.run(query);
  }

  run(change: Partial<PanelQuery>): void {
    this.query = { ...this.query, ...change };
    this.runner.run(this.query);
  }

  close(): void {
    this.runner.stop();
    this.root.unmount();
  }

  private isDue = false;

  private show({ series }: PanelState): void {
    const rows = series.reduce((sum, { length }) => sum + length, 0);
    this.emptied += rows === 0 && this.rows > 0 ? 1 : 0;
    this.rows = rows;
    this.pictures++;
    // Responses of one moment are drawn together, as React's batches do it in Grafana.
    if (!this.isDue) {
      this.isDue = true;
      queueMicrotask(() => this.draw());
    }
  }

  private draw(): void {
    this.isDue = false;
    const began = performance.now();
    flushSync(() => this.root.render(<Chart title={this.title} state={this.runner.shown!} />));
    this.drawMs += performance.now() - began;
  }
}

function Chart({ title, state }: { title: string; state: PanelState }): ReactElement {
  const { series, timeRange, structureRev, errors } = state;
  return (
    <data.ThemeContext.Provider value={theme}>
      <PanelChrome title={title} width={720} height={300} loadingState={state.state} statusMessage={errors[0]?.message}>
        {(width, height) =>
          series.some(({ length }) => length > 0) ? (
            <TimeSeries frames={withOverrides(series, defaults, theme)} structureRev={structureRev} timeRange={timeRange} timeZone="browser" width={width} height={height} legend={legend} />
          ) : (
            <div data-testid="empty">No data</div>
          )
        }
      </PanelChrome>
    </data.ThemeContext.Provider>
  );
}

function Editor<P extends object>({ component: Component, field, props, initial }: { component: ComponentType<P>; field: string; props: object; initial: object }): ReactElement {
  const [value, setValue] = useState(initial);
  const change = (next: object): void => {
    host.edited = next;
    setValue(next);
  };
  const all = { ...props, [field]: value, onChange: change, onOptionsChange: change, onRunQuery: () => host.runs++ } as unknown as P;
  return (
    <data.ThemeContext.Provider value={theme}>
      <PortalContainer />
      <Component {...all} />
    </data.ThemeContext.Provider>
  );
}

const host = {
  plugin: undefined as Plugin | undefined,
  source: undefined as data.DataSourceApi | undefined,
  panels: new Map<number, Panel>(),
  edited: undefined as object | undefined,
  runs: 0,

  /** Loads the plugin and makes a data source of it. */
  async start(moduleUrl: string, jsonData: object, variables: Record<string, string | string[]> = {}): Promise<void> {
    await initPluginTranslations('grafana');
    runtime.setTemplateSrv(createTemplates(variables));
    createRoot(document.getElementById('styles')!).render(<data.ThemeContext.Provider value={theme}><GlobalStyles /></data.ThemeContext.Provider>);
    this.plugin ??= (await loadAmd(moduleUrl, modules)).plugin as Plugin;
    this.source = this.create(jsonData);
  },

  create(jsonData: object): data.DataSourceApi {
    const settings = { uid: 'hub', type: 'hubserver-datasource', name: 'HubServer', access: 'direct', readOnly: false, meta: {}, jsonData } as unknown as data.DataSourceInstanceSettings;
    return new this.plugin!.DataSourceClass(settings);
  },

  open(title: string, query: PanelQuery): void {
    this.panels.set(query.panelId, new Panel(this.source!, title, query));
  },

  close(panelId: number): void {
    this.panels.get(panelId)?.close();
    this.panels.delete(panelId);
  },

  /** What a panel shows, as plain data. */
  look(panelId: number) {
    const panel = this.panels.get(panelId)!;
    const { state, series, errors, structureRev, timeRange } = panel.runner.shown ?? { series: [], errors: [] };
    return {
      state, structureRev, errors: errors.map(({ refId, message }) => ({ refId, message })), emptied: panel.emptied, pictures: panel.pictures, drawMs: panel.drawMs,
      range: timeRange && [timeRange.from.valueOf(), timeRange.to.valueOf()],
      frames: series.map(({ refId, name, length, fields, meta }) => ({
        refId, name, length, notices: meta?.notices ?? [],
        fields: fields.map((field) => ({ name: field.name, type: field.type, labels: field.labels, config: field.config, values: [...field.values] })),
      })),
    };
  },

  edit(kind: 'query' | 'config', initial: object): void {
    const element = document.createElement('div');
    element.id = `${kind}-editor`;
    document.getElementById('panels')!.prepend(element);
    const { QueryEditor, ConfigEditor } = this.plugin!.components;
    const component = (kind === 'query' ? QueryEditor : ConfigEditor) as ComponentType<object>;
    createRoot(element).render(<Editor component={component} field={kind === 'query' ? 'query' : 'options'} props={{ datasource: this.source }} initial={initial} />);
  },
};

Object.assign(window, { host });
