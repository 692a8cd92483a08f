export const id=126;export const ids=[126];export const modules={126:(e,t,r)=>{r.d(t,{filesDigest:()=>s});var o=r(598);function s(e){let t=(0,o.createHash)("sha256");for(let r of[...e].sort((e,t)=>Buffer.compare(Buffer.from(e.path),Buffer.from(t.path))))t.update(`${r.sha256}  ${r.bytes}  ${r.path}
`);return`sha256:${t.digest("hex")}`}r(24),r(455),r(760),r(631)}};
