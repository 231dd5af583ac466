/** The dialog that is open, if any. */

import { AcceptJumpDialog } from './dialog-accept-jump.tsx';
import { CreateAppFromDialog } from './dialog-app-file.tsx';
import { JoinDialog } from './dialog-join.tsx';
import { SeveralDialog } from './dialog-several.tsx';
import { type OpenDialog, openDialog } from './dialog-state.ts';
import { CreateAppDialog, RemoveAppDialog, SetAppParamDialog } from './dialogs-apps.tsx';
import { InitDialog, LeaveDialog, RevokeDialog } from './dialogs-members.tsx';
import { MapDialog, SetDialog, UnmapDialog, UnsetDialog } from './dialogs-params.tsx';
import { InviteDialog } from './invite-dialog.tsx';

// w[impl view.dangerous]
export function Dialogs() {
  const open = openDialog.value;
  return open === null ? null : dialogOf(open);
}

function dialogOf(open: OpenDialog) {
  switch (open.kind) {
    case 'init':
      return <InitDialog />;
    case 'join':
      return <JoinDialog />;
    case 'leave':
      return <LeaveDialog />;
    case 'accept-jump':
      return <AcceptJumpDialog />;
    case 'invite':
      return <InviteDialog expectSeq={open.expectSeq} />;
    case 'revoke':
      return <RevokeDialog member={open.member} expectSeq={open.expectSeq} />;
    case 'set':
      return <SetDialog param={open.param} expectSeq={open.expectSeq} />;
    case 'several':
      return <SeveralDialog expectSeq={open.expectSeq} />;
    case 'unset':
      return <UnsetDialog param={open.param} expectSeq={open.expectSeq} />;
    case 'map':
      return <MapDialog app={open.app} />;
    case 'unmap':
      return <UnmapDialog mapping={open.mapping} />;
    case 'create-app':
      return <CreateAppDialog />;
    case 'create-app-from':
      return <CreateAppFromDialog />;
    case 'set-app-param':
      return <SetAppParamDialog app={open.app} param={open.param} />;
    case 'remove-app':
      return <RemoveAppDialog app={open.app} />;
  }
}
