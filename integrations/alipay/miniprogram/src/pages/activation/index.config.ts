export default definePageConfig({ navigationBarTitleText: '资格激活' })
