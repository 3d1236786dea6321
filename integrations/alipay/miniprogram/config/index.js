// One source, two builds: `taro build --type h5` and `--type alipay`. Addresses are no part of a build of the H5: it reads
// config.json beside it; the mini-program has no such file and takes them from the environment of its build.
module.exports = {
  projectName: 'hangpai-bidder',
  date: '2026-11-23',
  designWidth: 375,
  deviceRatio: { 375: 2, 640: 1.17, 750: 1, 828: 0.905 },
  sourceRoot: 'src',
  outputRoot: `dist/${process.env.TARO_ENV}`,
  framework: 'react',
  // The pages are written in HTML: the H5 stays light and accessible, the plugin turns it into the mini-program's own.
  plugins: ['@tarojs/plugin-html'],
  compiler: { type: 'webpack5', prebundle: { enable: false } },
  cache: { enable: false },
  defineConstants: {
    HUB_API: JSON.stringify(process.env.HUB_API || ''),
    HUB_FILES: JSON.stringify(process.env.HUB_FILES || ''),
  },
  mini: { postcss: { pxtransform: { enable: true } } },
  h5: {
    publicPath: './',
    router: { mode: 'hash' },
    output: { filename: 'js/[name].[contenthash:8].js', chunkFilename: 'js/[name].[contenthash:8].js' },
    miniCssExtractPluginOption: { filename: 'css/[name].[contenthash:8].css', chunkFilename: 'css/[name].[contenthash:8].css' },
    // What several pages share is fetched once.
    webpackChain(chain) {
      const splitChunks = chain.optimization.get('splitChunks')
      const shared = { name: 'shared', minChunks: 2, chunks: 'async', priority: 20, reuseExistingChunk: true }
      chain.optimization.splitChunks({ ...splitChunks, cacheGroups: { ...splitChunks?.cacheGroups, shared } })
    },
    // A page that is zoomed by the reader must be able to: sizes stay in px.
    postcss: { autoprefixer: { enable: true }, pxtransform: { enable: false } },
  },
}
