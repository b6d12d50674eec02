import { type ReactElement, useId } from 'react';

/** Names an input for those who do not see it; Grafana 13.1 gives its comboboxes no name but that of another element. */
export function Labelled({ name, children }: { name: string; children: (labelId: string) => ReactElement }): ReactElement {
  const id = useId();
  return (
    <>
      <span id={id} hidden>{name}</span>
      {children(id)}
    </>
  );
}
