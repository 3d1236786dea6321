export default definePageConfig({ navigationBarTitleText: '缴款通知书' })
