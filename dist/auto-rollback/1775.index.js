export const id=1775;export const ids=[1775];export const modules={1775:module=>{module.exports=eval("require")("@sluice/gitops/open")}};
