import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const text = readFileSync(new URL('plugin.json', import.meta.url), 'utf8');
const grafanas = fileURLToPath(new URL('../node_modules/@grafana/runtime/dist/types/services/pluginMeta/types/meta/types.spec.gen', import.meta.url));

/** What the compiler says of each text as a literal of Grafana's own type; its errors name what is wrong with it. */
function problemsOf(texts: string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'plugin-json-'));
  try {
    const files = texts.map((json, i) => {
      const file = join(folder, `plugin${i}.ts`);
      writeFileSync(file, `import type { JSONData } from ${JSON.stringify(grafanas)};\nexport default ${json.trim()} satisfies JSONData;\n`);
      return file;
    });
    const program = ts.createProgram(files, { strict: true, noEmit: true, skipLibCheck: true, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, types: [], lib: ['lib.es5.d.ts'] });
    return files.map((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')).join('\n'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("plugin.json is one of Grafana's, and streams", { timeout: 30_000 }, () => {
  const [mine, ofAnotherType, withAnUnknownName] = problemsOf([text, text.replace('"datasource"', '"datasauce"'), text.replace('"streaming"', '"streams"')]);
  expect(mine).toBe('');
  expect(ofAnotherType).toContain('datasauce');
  expect(withAnUnknownName).toContain('streams');
  const { id, streaming, info } = JSON.parse(text) as { id: string; streaming: boolean; info: { keywords: string[] } };
  expect(id).toMatch(/^[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)$/);
  expect(streaming).toBe(true);
  expect(info.keywords).not.toEqual([]);
});

test('the dashboards that plugin.json names are there, and ask this data source', () => {
  const { includes } = JSON.parse(text) as { includes: Array<{ path: string }> };
  expect(includes).toHaveLength(2);
  for (const { path } of includes) {
    const { panels } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { panels: Array<{ datasource: { type: string }; targets: Array<{ channel: string }> }> };
    expect(panels.length).toBeGreaterThan(3);
    for (const { datasource, targets } of panels) {
      expect(datasource.type).toBe('hubserver-datasource');
      expect(targets.every(({ channel }) => channel.length > 0)).toBe(true);
    }
  }
});
