import { it } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { peerMachine } from '../../machines/peer-machine.ts';
it('x', () => {
const input={linkId:'l1',direction:'inbound' as const,fingerprint:'a'.repeat(64),address:'x',ownFingerprint:'b'.repeat(64),boot:'7',standing:null,pin:null};
const [s,acts]=initialTransition(peerMachine,input);
console.log(s.value, Object.keys(s.children));
const show=(a:any)=>console.log(a.type, a.params&&Object.keys(a.params), a.params?.id, a.params?.targetId, a.params?.to?.id, JSON.stringify(a.params?.event), a.params?.delay);
for(const a of acts) show(a);
const [s2,acts2]=transition(peerMachine,s,{type:'hello',grove_id:'00000000-0000-0000-0000-000000000000',our_seq:3,our_payload_hash:'',our_role:'follower',our_fingerprint:'a'.repeat(64),protocol_version:1,nonce:'1',at:'x'});
console.log(s2.value);
for(const a of acts2) show(a);
const [s3,acts3]=transition(peerMachine,s2,{type:'peer.retire',code:5,reason:'x'});
for(const a of acts3) show(a);
const [,acts4]=transition(peerMachine,s3,{type:'retire.due',code:5,reason:'x'});
for(const a of acts4) show(a);
});
