/** Loads an AMD module as Grafana's loader does, with the modules that it may ask for. */
export async function loadAmd(url: string, modules: Record<string, unknown>): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} answers ${response.status}`);
  }
  let exported: Record<string, unknown> | undefined;
  const define = (names: string[], factory: (...args: unknown[]) => Record<string, unknown>): void => {
    exported = factory(...names.map((name) => {
      if (!(name in modules)) {
        throw new Error(`${url} asks for ${name}, which this page does not have`);
      }
      return modules[name];
    }));
  };
  new Function('define', `${await response.text()}\n//# sourceURL=${url}`)(define);
  if (!exported) {
    throw new Error(`${url} defines no module`);
  }
  return exported;
}
