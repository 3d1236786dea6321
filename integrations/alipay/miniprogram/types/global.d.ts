/// <reference types="@tarojs/taro" />
declare module '*.css'
/** Where the hub answers and where its public files lie; set when the mini-program is built, empty in the H5. */
declare const HUB_API: string
declare const HUB_FILES: string
