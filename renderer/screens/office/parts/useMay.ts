/** Whether the role of whoever is signed in may call an endpoint, as the contract says: no button is shown that the server would refuse. */
import { endpoints, mayCall, type EndpointName } from '../../../../shared/endpoints.ts';
import { useRole } from '../../../state/mirror.ts';

export function useMay(endpoint: EndpointName): boolean {
  const role = useRole();
  return role !== undefined && mayCall(endpoints[endpoint], role);
}
