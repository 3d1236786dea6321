export default definePageConfig({ navigationBarTitleText: '保证金信息更正' })
