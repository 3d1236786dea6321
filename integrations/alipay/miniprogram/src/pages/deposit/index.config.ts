export default definePageConfig({ navigationBarTitleText: '缴纳保证金' })
