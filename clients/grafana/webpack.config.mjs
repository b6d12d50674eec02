// Builds src into dist as Grafana loads it: an AMD module, with what Grafana brings along left out.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import CopyPlugin from 'copy-webpack-plugin';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const external = ['react', 'react-dom', 'react/jsx-runtime', 'rxjs', 'lodash', '@emotion/css', '@emotion/react', '@grafana/data', '@grafana/runtime', '@grafana/schema', '@grafana/ui'];

export default {
  mode: 'production',
  target: ['web', 'es2022'],
  context: here('src'),
  entry: { module: './module.ts' },
  devtool: 'source-map',
  externals: [{ 'amd-module': 'module' }, ...external],
  output: {
    path: here('dist'),
    filename: '[name].js',
    library: { type: 'amd' },
    publicPath: 'public/plugins/hubserver-datasource/',
    uniqueName: 'hubserver-datasource',
    clean: true,
  },
  resolve: {
    extensions: ['.ts', '.tsx', '.js'],
    extensionAlias: { '.js': ['.ts', '.js'] },
    // The client stands in the same repository and needs no build of its own here; what it imports is this project's.
    alias: { '@hubserver/client': here('../js/src/index.ts'), '@microsoft/signalr': here('node_modules/@microsoft/signalr') },
  },
  module: { rules: [{ test: /\.tsx?$/, exclude: /node_modules/, loader: 'esbuild-loader', options: { target: 'es2022', jsx: 'automatic', tsconfigRaw: {} } }] },
  performance: { hints: false },
  plugins: [
    new CopyPlugin({
      patterns: [
        { from: 'plugin.json', transform: (text) => text.toString().replace('%VERSION%', version).replace('%TODAY%', new Date().toISOString().slice(0, 10)) },
        { from: here('README.md') },
        { from: 'img', to: 'img' },
        { from: 'dashboards', to: 'dashboards' },
        { from: here('CHANGELOG.md') },
        { from: here('../../LICENSE'), to: '[name][ext]', toType: 'template' },
      ],
    }),
  ],
};
