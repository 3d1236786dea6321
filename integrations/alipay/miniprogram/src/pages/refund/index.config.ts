export default definePageConfig({ navigationBarTitleText: '保证金退款' })
