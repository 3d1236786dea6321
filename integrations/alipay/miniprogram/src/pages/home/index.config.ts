export default definePageConfig({ navigationBarTitleText: '小客车增量指标竞价' })
