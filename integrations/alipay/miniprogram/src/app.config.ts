export default defineAppConfig({
  pages: [
    'pages/home/index',
    'pages/login/index',
    'pages/deposit/index',
    'pages/correction/index',
    'pages/activation/index',
    'pages/auction/index',
    'pages/result/index',
    'pages/settlement/index',
    'pages/refund/index',
    'pages/help/index',
  ],
  window: {
    navigationBarTitleText: '小客车增量指标竞价',
    navigationBarBackgroundColor: '#ffffff',
    navigationBarTextStyle: 'black',
    backgroundColor: '#f4f5f7',
  },
})
