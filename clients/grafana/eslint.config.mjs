import grafana from '@grafana/eslint-config';

export default [
  // One rule has options that no version of its plugin takes; the compiler does not mind how a colon is spaced.
  ...grafana.map(({ rules: { '@stylistic/type-annotation-spacing': _, ...rules } = {}, ...rest }) => ({ ...rest, rules })),
  { ignores: ['dist', 'tests/*/dist'] },
  // Without this ESLint passes TypeScript by.
  // JSX needs no React in scope, and types say what properties are.
  { files: ['**/*.{ts,tsx}'], rules: { 'react/react-in-jsx-scope': 'off', 'react/prop-types': 'off' } },
];
